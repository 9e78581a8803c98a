//! One file.

use std::{fs, path::Path};

/// What a file should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Certificates in PEM format.
    Certificates,
    /// The same, or a folder with them.
    CertificatesOrFolder,
    /// A private key in PEM format.
    Key,
    /// Anything.
    Any,
}

/// What TLS reads.
pub(super) const FILES: &[(&str, Content)] = &[
    ("ssl.ca.location", Content::CertificatesOrFolder),
    ("ssl.certificate.location", Content::Certificates),
    ("ssl.key.location", Content::Key),
    ("ssl.keystore.location", Content::Any),
    ("ssl.crl.location", Content::Any),
];

/// What OAUTHBEARER with OpenID Connect reads.
pub(super) const OIDC_FILES: &[(&str, Content)] = &[
    ("https.ca.location", Content::CertificatesOrFolder),
    ("sasl.oauthbearer.assertion.file", Content::Any),
    ("sasl.oauthbearer.assertion.private.key.file", Content::Key),
    ("sasl.oauthbearer.assertion.jwt.template.file", Content::Any),
];

/// What TLS reads from the settings themselves. Certificate and key are checked together.
pub(super) const VALUES: &[(&str, Content)] = &[("ssl.ca.pem", Content::Certificates)];

/// librdkafka looks for the certificates of the system.
const PROBE: &str = "probe";

/// What is wrong with the file at this path.
pub(super) fn flaw(path: &str, content: Content) -> Option<String> {
    let is_folder = Path::new(path).is_dir();
    if content == Content::CertificatesOrFolder && (path == PROBE || is_folder) {
        return None;
    }
    if is_folder {
        return Some("is a folder, not a file".to_owned());
    }
    let bytes = match read(path) {
        Ok(bytes) => bytes,
        Err(error) => return Some(format!("cannot read the file: {error}")),
    };
    not_pem(&String::from_utf8_lossy(&bytes), content)
}

/// What is missing in a text in PEM format.
pub(super) fn not_pem(text: &str, content: Content) -> Option<String> {
    let (marks, expected): (&[&str], _) = match content {
        Content::Any => return None,
        Content::Certificates | Content::CertificatesOrFolder => {
            (&["-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----"], "-----BEGIN CERTIFICATE-----")
        }
        Content::Key => (&["PRIVATE KEY-----"], "-----BEGIN PRIVATE KEY-----"),
    };
    let is_pem = text.contains("-----BEGIN ") && marks.iter().any(|mark| text.contains(mark));
    (!is_pem).then(|| format!("not in PEM format: expected a line `{expected}`"))
}

/// Only ordinary files: reading a pipe would wait.
pub(super) fn read(path: &str) -> std::io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if metadata.is_file() { fs::read(path) } else { Err(std::io::Error::other("not an ordinary file")) }
}
