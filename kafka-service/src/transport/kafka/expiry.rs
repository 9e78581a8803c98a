//! When the certificates of the clients expire.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// How long a certificate is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) file: PathBuf,
    pub(super) subject: String,
    pub(super) from: SystemTime,
    pub(super) until: SystemTime,
}

impl Validity {
    /// Whether less than a quarter of its lifetime is left.
    fn is_old(&self, now: SystemTime) -> bool {
        let lifetime = self.until.duration_since(self.from).unwrap_or_default();
        self.left(now) < lifetime / 4
    }

    fn left(&self, now: SystemTime) -> Duration {
        self.until.duration_since(now).unwrap_or_default()
    }
}

/// The certificates in these files: the first of each chain, and an authority that is alone in its file. A bundle of
/// authorities is left out, because it may hold expired ones that nothing uses. Without OpenSSL there are none.
pub(super) fn validities(files: &[PathBuf]) -> Vec<Validity> {
    files.iter().filter_map(|file| validity(file)).collect()
}

#[cfg(feature = "tls")]
fn validity(file: &Path) -> Option<Validity> {
    use openssl::{
        asn1::{Asn1Time, Asn1TimeRef},
        x509::X509,
    };

    use crate::config::distinguished_name;

    let certificates = X509::stack_from_pem(&std::fs::read(file).ok()?).ok()?;
    let certificate = certificates.first()?;
    let is_authority = certificate.issuer_name().to_der().ok()? == certificate.subject_name().to_der().ok()?;
    if is_authority && certificates.len() > 1 {
        return None;
    }
    let epoch = Asn1Time::from_unix(0).ok()?;
    let time = |at: &Asn1TimeRef| {
        let since = epoch.diff(at).ok()?;
        let seconds = i64::from(since.days) * 86_400 + i64::from(since.secs);
        Some(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?))
    };
    Some(Validity {
        file: file.to_owned(),
        subject: distinguished_name(certificate.subject_name()),
        from: time(certificate.not_before())?,
        until: time(certificate.not_after())?,
    })
}

#[cfg(not(feature = "tls"))]
fn validity(_: &Path) -> Option<Validity> {
    None
}

/// How often a certificate that expires soon is reported.
const REMIND_EVERY: Duration = Duration::from_secs(3_600);

/// Warns of certificates that expire soon.
#[derive(Debug, Default)]
pub(super) struct ExpiryWarnings {
    certificates: Vec<Validity>,
    warned: Option<SystemTime>,
}

impl ExpiryWarnings {
    /// Takes the certificates that the clients use from now on.
    pub(super) fn set(&mut self, certificates: Vec<Validity>) {
        if self.certificates != certificates {
            *self = Self { certificates, warned: None };
        }
    }

    /// When the first of them expires.
    pub(super) fn first(&self) -> Option<SystemTime> {
        self.certificates.iter().map(|certificate| certificate.until).min()
    }

    /// Those that expire soon, if it is time to say so.
    pub(super) fn due(&mut self, now: SystemTime) -> Vec<&Validity> {
        let recently = |warned: SystemTime| now.duration_since(warned).is_ok_and(|since| since < REMIND_EVERY);
        if self.warned.is_some_and(recently) {
            return Vec::new();
        }
        let old: Vec<_> = self.certificates.iter().filter(|certificate| certificate.is_old(now)).collect();
        if !old.is_empty() {
            self.warned = Some(now);
        }
        old
    }

    /// Logs those that expire soon.
    pub(super) fn look(&mut self, now: SystemTime) {
        for certificate in self.due(now) {
            tracing::warn!(
                file = %certificate.file.display(),
                subject = certificate.subject,
                expires_in = ?Duration::from_secs(certificate.left(now).as_secs()),
                help = "replace the file: the service notices it and renews its clients",
                "certificate expires soon"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn a_certificate_is_reported_in_its_last_quarter() {
        let from = SystemTime::UNIX_EPOCH;
        let certificate = |until| Validity {
            file: PathBuf::from("cert.pem"),
            subject: "CN=shop".to_owned(),
            from,
            until: from + until,
        };
        let mut warnings = ExpiryWarnings::default();
        warnings.set(vec![certificate(DAY * 8), certificate(DAY * 100)]);
        assert_eq!(warnings.first(), Some(from + DAY * 8));
        assert!(warnings.due(from + DAY * 6).is_empty());
        let soon = from + DAY * 6 + Duration::from_secs(1);
        assert_eq!(warnings.due(soon).len(), 1);
        assert!(warnings.due(soon + REMIND_EVERY / 2).is_empty(), "once an hour");
        assert_eq!(warnings.due(soon + REMIND_EVERY).len(), 1);
        assert_eq!(warnings.due(from + DAY * 9).len(), 1, "after it has expired too");
        warnings.set(vec![certificate(DAY * 100)]);
        assert!(warnings.due(from + DAY * 9).is_empty());
    }
}
