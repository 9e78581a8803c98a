//! Certificates that the authorities of a secure cluster sign.

use std::path::PathBuf;
use std::time::Duration;

use crate::kafka::{Cluster, Kafka};
use crate::unique;

const HOUR: i64 = 3_600;
/// The authority whose certificate is [`Kafka::ca_file`].
const OF_THE_CLUSTER: &str = "ca";

/// What a new certificate says; [`Kafka::certificate`] makes it.
///
/// Unless something else is said, it is of the cluster's authority, valid for 30 days, for any client or for the hosts of
/// the brokers, and its key has no password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCertificate {
    subject: String,
    hosts: String,
    from: i64,
    length: i64,
    password: String,
    authority: String,
}

impl NewCertificate {
    /// For this common name: of a client, the name of its user.
    pub fn of(subject: impl Into<String>) -> Self {
        let hosts = "IP:127.0.0.1,DNS:localhost".to_owned();
        let authority = OF_THE_CLUSTER.to_owned();
        Self { subject: subject.into(), hosts, from: -HOUR, length: 30 * 24 * HOUR, password: String::new(), authority }
    }

    /// It expired an hour ago.
    #[must_use]
    pub fn expired(self) -> Self {
        Self { from: -2 * HOUR, length: HOUR, ..self }
    }

    /// It expires so long after now, and began a quarter of that before.
    #[must_use]
    pub fn valid_for(self, time: Duration) -> Self {
        let length = i64::try_from(time.as_secs()).unwrap_or(i64::MAX / 2);
        Self { from: -length / 4, length: length + length / 4, ..self }
    }

    /// For these hosts: `DNS:broker.example,IP:10.0.0.1`.
    #[must_use]
    pub fn hosts(self, hosts: &str) -> Self {
        Self { hosts: hosts.to_owned(), ..self }
    }

    /// Encrypts its key.
    #[must_use]
    pub fn password(self, password: &str) -> Self {
        Self { password: password.to_owned(), ..self }
    }

    /// Signed by another authority of that name.
    #[must_use]
    pub fn signed_by(self, authority: &str) -> Self {
        Self { authority: authority.to_owned(), ..self }
    }
}

/// A certificate and its key, as files in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    name: String,
    /// The certificate.
    pub file: PathBuf,
    /// The private key.
    pub key: PathBuf,
    /// The certificate of its authority.
    pub authority: PathBuf,
}

impl Kafka {
    /// Makes a key and a certificate.
    ///
    /// # Panics
    /// Panics when the cluster was started without `--secure`.
    #[must_use]
    pub fn certificate(&self, new: &NewCertificate) -> Certificate {
        let name = unique("certificate");
        let (from, length) = (new.from.to_string(), new.length.to_string());
        let mut options =
            vec![&name, "--subject", &new.subject, "--hosts", &new.hosts, "--from", &from, "--for", &length];
        options.extend(["--authority", &new.authority]);
        if !new.password.is_empty() {
            options.extend(["--password", &new.password]);
        }
        self.own().run("certificate", &options);
        let file = |name: &str, ending: &str| self.ssl_file(&format!("{name}.{ending}"));
        Certificate { file: file(&name, "pem"), key: file(&name, "key"), authority: file(&new.authority, "pem"), name }
    }

    /// Makes the listener `ssl`, `mtls` or `sasl_ssl` use the certificate for new connections.
    ///
    /// # Panics
    /// Panics when the broker rejects it, or when its key has a password.
    pub fn serve(&self, listener: &str, certificate: &Certificate) {
        self.own().run("serve", &[&certificate.name, "--listener", listener]);
    }

    /// The CA certificate that a client of the TLS listeners must trust.
    ///
    /// # Panics
    /// Panics when this process did not start the cluster.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.ssl_file("ca.pem")
    }

    pub(crate) fn ssl_file(&self, name: &str) -> PathBuf {
        let Cluster { directory, .. } = self.own();
        directory.join("ssl").join(name)
    }
}
