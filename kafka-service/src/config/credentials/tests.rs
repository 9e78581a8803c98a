//! Files that are missing, or are not what they should be.

use std::{fs, path::PathBuf};

use crate::config::{Config, file_problems};

/// A folder of its own, removed at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kafka-service-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn found(properties: &[(&str, &str)]) -> Vec<String> {
    let mut config = Config::new("shop");
    config.set_property("security.protocol", "ssl").unwrap();
    for (name, value) in properties {
        config.set_property(name, value).unwrap();
    }
    file_problems(&config).into_iter().collect()
}

#[test]
fn a_missing_file_is_named_with_its_setting() {
    let found = found(&[("ssl.ca.location", "/no/such/ca.pem"), ("ssl.crl.location", "/no/such/crl.pem")]);
    let expected = ["ca", "crl"].map(|name| {
        format!("`ssl.{name}.location` = `/no/such/{name}.pem`: cannot read the file: No such file or directory (os error 2)")
    });
    assert_eq!(found, expected);
}

#[test]
fn a_file_of_another_format_is_named() {
    let folder = Folder::new("format");
    let path = folder.file("ca.der", [0x30, 0x82, 0xff]);
    let expected =
        format!("`ssl.ca.location` = `{path}`: not in PEM format: expected a line `-----BEGIN CERTIFICATE-----`");
    assert_eq!(found(&[("ssl.ca.location", &path)]), [expected]);
    let place = folder.0.display().to_string();
    assert!(found(&[("ssl.ca.location", &place)]).is_empty(), "a folder of certificates");
    assert!(found(&[("ssl.ca.location", "probe")]).is_empty(), "librdkafka's own word");
}

#[test]
fn files_that_are_not_used_are_not_checked() {
    let mut config = Config::new("shop");
    config.set_property("ssl.ca.location", "/no/such/ca.pem").unwrap();
    assert!(file_problems(&config).is_empty());
}

#[test]
fn a_certificate_needs_its_key() {
    let found = found(&[("ssl.certificate.location", "/no/such/file.pem")]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].ends_with("requires the private key: `ssl.key.location` (`KAFKA_SSL_KEY_LOCATION`)"), "{found:?}");
}

#[cfg(feature = "tls")]
mod tls {
    use openssl::{
        asn1::Asn1Time,
        hash::MessageDigest,
        nid::Nid,
        pkey::{PKey, Private},
        rsa::Rsa,
        symm::Cipher,
        x509::{X509, X509Builder, X509NameBuilder},
    };

    use super::{Folder, found};

    fn key() -> PKey<Private> {
        PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
    }

    /// A certificate for `CN=shop,O=Acme\, Inc` that issues itself, valid until this time.
    fn certificate(key: &PKey<Private>, until: &Asn1Time) -> X509 {
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_nid(Nid::ORGANIZATIONNAME, "Acme, Inc").unwrap();
        name.append_entry_by_nid(Nid::COMMONNAME, "shop").unwrap();
        let name = name.build();
        let mut builder = X509Builder::new().unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_pubkey(key).unwrap();
        builder.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
        builder.set_not_after(until).unwrap();
        builder.sign(key, MessageDigest::sha256()).unwrap();
        builder.build()
    }

    fn valid(key: &PKey<Private>) -> Vec<u8> {
        certificate(key, &Asn1Time::days_from_now(2).unwrap()).to_pem().unwrap()
    }

    #[test]
    fn an_encrypted_key_needs_its_password() {
        let (folder, key) = (Folder::new("password"), key());
        let path =
            folder.file("key.pem", key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"right").unwrap());
        let certificate = folder.file("certificate.pem", valid(&key));
        let with = |password: Option<&str>| {
            let settings = [("ssl.certificate.location", certificate.as_str()), ("ssl.key.location", &path)];
            let password = password.map(|password| ("ssl.key.password", password));
            found(&settings.into_iter().chain(password).collect::<Vec<_>>())
        };
        assert!(with(Some("right")).is_empty());
        let expected = "`ssl.key.password`: is not the password of the private key of `ssl.key.location`";
        assert_eq!(with(Some("wrong")), [expected]);
        let expected = format!(
            "`ssl.key.location` = `{path}`: the private key is encrypted: set `ssl.key.password` \
             (`KAFKA_SSL_KEY_PASSWORD` or `KAFKA_SSL_KEY_PASSWORD_FILE`)"
        );
        assert_eq!(with(None), [expected]);
    }

    #[test]
    fn a_key_of_another_certificate_is_found() {
        let folder = Folder::new("other");
        let certificate = folder.file("certificate.pem", valid(&key()));
        let path = folder.file("key.pem", key().private_key_to_pem_pkcs8().unwrap());
        let expected =
            format!("`ssl.key.location` = `{path}`: does not belong to the certificate of `ssl.certificate.location`");
        assert_eq!(found(&[("ssl.certificate.location", &certificate), ("ssl.key.location", &path)]), [expected]);
    }

    #[test]
    fn an_expired_certificate_is_named() {
        let (folder, key) = (Folder::new("expired"), key());
        let until = Asn1Time::from_unix(1_000_000_000).unwrap();
        let path = folder.file("certificate.pem", certificate(&key, &until).to_pem().unwrap());
        let text = String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        let expected = format!(
            "`ssl.certificate.location` = `{path}`: the client certificate `CN=shop,O=Acme\\, Inc`, issued by \
             `CN=shop,O=Acme\\, Inc`, expired at Sep  9 01:46:40 2001 GMT"
        );
        assert_eq!(found(&[("ssl.certificate.location", &path), ("ssl.key.pem", &text)]), [expected]);
    }
}
