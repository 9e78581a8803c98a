//! The client's certificate and private key.

use openssl::{
    pkcs12::Pkcs12,
    pkey::{PKey, Private},
    x509::{X509, X509Ref},
};

use super::{
    certificate::{expiry, name},
    file::read,
};
use crate::config::{properties::Entry, property::Property, security::View};

const PASSWORD: &str = "`ssl.key.password` (`KAFKA_SSL_KEY_PASSWORD` or `KAFKA_SSL_KEY_PASSWORD_FILE`)";
const KEYSTORE_PASSWORD: &str =
    "`ssl.keystore.password` (`KAFKA_SSL_KEYSTORE_PASSWORD` or `KAFKA_SSL_KEYSTORE_PASSWORD_FILE`)";

/// A setting and what it leads to.
struct Source<'a> {
    property: &'static Property,
    entry: &'a Entry,
    bytes: Vec<u8>,
}

impl<'a> Source<'a> {
    /// The content of the file, or the value itself. `None` if neither is set or the file cannot be read, which is
    /// reported elsewhere.
    fn find(view: &View<'a>, location: &str, value: Option<&str>) -> Option<Self> {
        if let Some((property, entry)) = value.and_then(|name| view.entry(name)) {
            return Some(Self { property, entry, bytes: entry.value.expose().as_bytes().to_vec() });
        }
        let (property, entry) = view.entry(location)?;
        Some(Self { property, entry, bytes: read(entry.value.expose()).ok()? })
    }

    fn certificate(view: &View<'a>) -> Option<Self> {
        Self::find(view, "ssl.certificate.location", Some("ssl.certificate.pem"))
    }

    fn problem(&self, what: &str) -> String {
        self.entry.problem(self.property, what)
    }
}

pub(super) fn problems(view: &View<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let certificate = Source::certificate(view);
    let opened = certificate.as_ref().map(|source| (source, X509::from_pem(&source.bytes)));
    match &opened {
        Some((source, Ok(certificate))) => found.extend(outdated(source, certificate)),
        Some((source, Err(_))) => found.push(source.problem("contains no certificate in PEM format")),
        None => {}
    }
    if let Some(source) = Source::find(view, "ssl.key.location", Some("ssl.key.pem")) {
        match (open(&source, view), &opened) {
            (Err(problem), _) => found.push(problem),
            (Ok(key), Some((of, Ok(certificate)))) if !belong(certificate, &key) => {
                let what = format!("does not belong to the certificate of `{}`", of.entry.given_as);
                found.push(source.problem(&what));
            }
            (Ok(_), _) => {}
        }
    }
    found.extend(Source::find(view, "ssl.keystore.location", None).and_then(|source| keystore(&source, view)));
    found
}

/// The client's certificate and key, if both can be read.
#[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "for a transport"))]
pub(super) fn pair(view: &View<'_>) -> Option<(X509, PKey<Private>)> {
    if let Some(source) = Source::find(view, "ssl.key.location", Some("ssl.key.pem")) {
        return Some((certificate(view)?, open(&source, view).ok()?));
    }
    let source = Source::find(view, "ssl.keystore.location", None)?;
    let password = view.value("ssl.keystore.password").unwrap_or_default();
    let parsed = Pkcs12::from_der(&source.bytes).ok()?.parse2(password).ok()?;
    Some((parsed.cert?, parsed.pkey?))
}

/// The client's certificate, if it can be read.
pub(super) fn certificate(view: &View<'_>) -> Option<X509> {
    if let Some(source) = Source::certificate(view) {
        return X509::from_pem(&source.bytes).ok();
    }
    let source = Source::find(view, "ssl.keystore.location", None)?;
    let password = view.value("ssl.keystore.password").unwrap_or_default();
    Pkcs12::from_der(&source.bytes).ok()?.parse2(password).ok()?.cert
}

fn belong(certificate: &X509Ref, key: &PKey<Private>) -> bool {
    certificate.public_key().is_ok_and(|public| public.public_eq(key))
}

fn outdated(source: &Source<'_>, certificate: &X509Ref) -> Option<String> {
    let (subject, issuer) = (name(certificate.subject_name()), name(certificate.issuer_name()));
    let what = expiry(certificate)?;
    Some(source.problem(&format!("the client certificate `{subject}`, issued by `{issuer}`, {what}")))
}

fn open(source: &Source<'_>, view: &View<'_>) -> Result<PKey<Private>, String> {
    let password = view.entry("ssl.key.password");
    let mut is_encrypted = false;
    // Without the callback, OpenSSL would ask on the terminal.
    let key = PKey::private_key_from_pem_callback(&source.bytes, |buffer| {
        is_encrypted = true;
        let text = password.map_or(&b""[..], |(_, entry)| entry.value.expose().as_bytes());
        let length = text.len().min(buffer.len());
        buffer[..length].copy_from_slice(&text[..length]);
        Ok(length)
    });
    key.map_err(|_| match password {
        None if is_encrypted => source.problem(&format!("the private key is encrypted: set {PASSWORD}")),
        Some((property, entry)) if is_encrypted => {
            entry.problem(property, &format!("is not the password of the private key of `{}`", source.entry.given_as))
        }
        _ => source.problem("contains no private key in PEM format"),
    })
}

fn keystore(source: &Source<'_>, view: &View<'_>) -> Option<String> {
    let Ok(store) = Pkcs12::from_der(&source.bytes) else {
        return Some(source.problem("is not a keystore in PKCS#12 format"));
    };
    let password = view.entry("ssl.keystore.password");
    let text = password.map_or("", |(_, entry)| entry.value.expose());
    match (store.parse2(text), password) {
        (Ok(parsed), _) => parsed.cert.and_then(|certificate| outdated(source, &certificate)),
        (Err(_), None) => Some(source.problem(&format!("the keystore is encrypted: set {KEYSTORE_PASSWORD}"))),
        (Err(error), Some(_)) if error.errors().iter().any(|error| error.reason() == Some("unsupported")) => {
            Some(source.problem("is encrypted with an algorithm that OpenSSL 3 does not support; create it again"))
        }
        (Err(_), Some((property, entry))) => Some(
            entry.problem(property, &format!("is not the password of the keystore of `{}`", source.entry.given_as)),
        ),
    }
}
