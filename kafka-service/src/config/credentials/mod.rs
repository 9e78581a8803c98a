//! Whether the files that the security settings name can be used: they exist, are readable and are what they should be.
//! With OpenSSL also whether the password opens the private key, and whether key and certificate belong together.
//!
//! Not pure, unlike the rest of the configuration. Called only when a service starts.

#[cfg(feature = "tls")]
mod certificate;
#[cfg(feature = "tls")]
mod client_key;
mod file;
#[cfg(all(feature = "kafka", feature = "tls"))]
mod tls_settings;

use std::collections::BTreeSet;

use self::file::{Content, FILES, OIDC_FILES, VALUES};
#[cfg(all(feature = "kafka", feature = "tls"))]
pub(crate) use self::{certificate::name as distinguished_name, tls_settings::TlsSettings};
use super::{
    Brokers, Config,
    security::{SIDES, View, is_sasl, is_tls},
};

/// What is wrong with the files. Both clients usually have the same ones, which are reported once.
pub(crate) fn problems(config: &Config) -> BTreeSet<String> {
    match config.bootstrap_servers {
        Brokers::Servers(_) => SIDES.into_iter().flat_map(|side| of_client(&View { config, side })).collect(),
        _ => BTreeSet::new(),
    }
}

/// Whether this property names a file that TLS reads.
pub(super) fn is_tls_file(property: &str) -> bool {
    FILES.iter().any(|(name, _)| *name == property)
}

fn of_client(view: &View<'_>) -> Vec<String> {
    let protocol = view.protocol();
    let (tls, oidc) = (is_tls(protocol), is_oidc(view));
    let files = FILES.iter().filter(|_| tls).chain(OIDC_FILES.iter().filter(|_| oidc));
    let mut found: Vec<_> = files.filter_map(|(name, content)| check(view, name, *content)).collect();
    found.extend(VALUES.iter().filter(|_| tls).filter_map(|(name, content)| {
        let (property, entry) = view.entry(name)?;
        Some(entry.problem(property, &file::not_pem(entry.value.expose(), *content)?))
    }));
    if tls {
        #[cfg(feature = "tls")]
        found.extend(client_key::problems(view));
        found.extend(incomplete(view));
    }
    found
}

fn is_oidc(view: &View<'_>) -> bool {
    is_sasl(view.protocol())
        && view.value("sasl.mechanism") == Some("OAUTHBEARER")
        && view.value("sasl.oauthbearer.method") == Some("oidc")
}

fn check(view: &View<'_>, name: &str, content: Content) -> Option<String> {
    let (property, entry) = view.entry(name)?;
    Some(entry.problem(property, &file::flaw(entry.value.expose(), content)?))
}

/// A certificate without its key, or the reverse: librdkafka would send neither.
fn incomplete(view: &View<'_>) -> Option<String> {
    let first = |names: [&str; 2]| names.into_iter().find_map(|name| view.entry(name));
    let certificate = first(["ssl.certificate.location", "ssl.certificate.pem"]);
    let key = first(["ssl.key.location", "ssl.key.pem"]);
    match (certificate, key) {
        (Some((property, entry)), None) => {
            Some(entry.problem(property, "requires the private key: `ssl.key.location` (`KAFKA_SSL_KEY_LOCATION`)"))
        }
        (None, Some((property, entry))) => {
            let what = "requires the certificate: `ssl.certificate.location` (`KAFKA_SSL_CERTIFICATE_LOCATION`)";
            Some(entry.problem(property, what))
        }
        _ => None,
    }
}

/// The name of the client certificate as brokers see it, if it can be read.
pub(super) fn certificate_name(view: &View<'_>) -> Option<String> {
    #[cfg(feature = "tls")]
    return client_key::certificate(view).and_then(|certificate| certificate::principal(&certificate));
    #[cfg(not(feature = "tls"))]
    {
        _ = view;
        None
    }
}

#[cfg(test)]
mod tests;
