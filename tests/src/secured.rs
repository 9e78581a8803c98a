//! Users and permissions, on a cluster that was started with `--secure`.

use std::fmt;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::kafka::{Kafka, no_broker};
use crate::{Certificate, Client, Issuer, Workload};

/// How many users the script creates.
const USERS: usize = 64;

/// A user of the listeners `sasl`, `sasl_ssl` and `mtls`, without permissions at first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its name, as in `User:name`.
    pub name: String,
    /// Its password, which must not appear in any log.
    pub password: String,
}

/// The resource of a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On<'a> {
    /// A topic.
    Topic(&'a str),
    /// A consumer group.
    Group(&'a str),
    /// A transactional id.
    TransactionalId(&'a str),
    /// The cluster: `create` for topics, `idempotent-write`.
    Cluster,
}

impl fmt::Display for On<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topic(name) => write!(formatter, "topic:{name}"),
            Self::Group(name) => write!(formatter, "group:{name}"),
            Self::TransactionalId(name) => write!(formatter, "transactional-id:{name}"),
            Self::Cluster => formatter.write_str("cluster"),
        }
    }
}

impl User {
    fn client_settings(&self) -> [(&'static str, &str); 4] {
        [
            ("security.protocol", "SASL_PLAINTEXT"),
            ("sasl.mechanism", "PLAIN"),
            ("sasl.username", &self.name),
            ("sasl.password", &self.password),
        ]
    }
}

impl Kafka {
    /// A cluster of one broker with users, permissions and certificates (`kafka start --secure`), shared by all tests
    /// of this process. Its own client uses the plaintext listener and has all permissions.
    pub fn secured() -> Option<&'static Self> {
        static SECURED: OnceLock<Option<Kafka>> = OnceLock::new();
        SECURED.get_or_init(|| Self::start_with(&["--secure"])).as_ref().or_else(no_broker)
    }

    /// The same for this test alone, which may kill and freeze it, and change its certificates.
    #[must_use]
    pub fn secured_alone() -> Option<Self> {
        Self::secured_with(&[])
    }

    /// The same with additional broker properties.
    #[must_use]
    pub fn secured_with(properties: &[(&str, &str)]) -> Option<Self> {
        let properties: Vec<_> = properties.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let properties = properties.iter().flat_map(|property| ["--property", property]);
        let options: Vec<_> = ["--secure"].into_iter().chain(properties).collect();
        Self::start_with(&options).or_else(no_broker)
    }

    /// A user that no other test of this process uses.
    ///
    /// # Panics
    /// Panics when all users are taken.
    #[must_use]
    pub fn user(&self) -> User {
        static TAKEN: AtomicUsize = AtomicUsize::new(0);
        let number = TAKEN.fetch_add(1, Ordering::Relaxed) + 1;
        assert!(number <= USERS, "all {USERS} users are taken");
        User { name: format!("user-{number}"), password: format!("user-{number}-secret") }
    }

    /// Grants a permission: `kafka.allow(&user, "read", On::Topic("orders"))`. The broker may apply it with a delay.
    ///
    /// # Panics
    /// Panics when the broker rejects it, or has no authorizer.
    pub fn allow(&self, user: &User, operation: &str, on: On<'_>) {
        self.change("allow", user, operation, on);
    }

    /// Denies it, even if something else allows it.
    ///
    /// # Panics
    /// Panics when the broker rejects it, or has no authorizer.
    pub fn deny(&self, user: &User, operation: &str, on: On<'_>) {
        self.change("deny", user, operation, on);
    }

    /// Removes what `allow` or `deny` added.
    ///
    /// # Panics
    /// Panics when the broker rejects it, or has no authorizer.
    pub fn revoke(&self, user: &User, operation: &str, on: On<'_>) {
        self.change("revoke", user, operation, on);
    }

    /// Grants what a service needs: `read` for its commands and its group, `write` for its events and dead letters.
    ///
    /// # Panics
    /// Panics when the broker rejects it, or has no authorizer.
    pub fn allow_service(&self, user: &User, workload: &Workload) {
        self.allow(user, "read", On::Topic(&workload.commands));
        self.allow(user, "read", On::Group(&workload.group));
        self.allow(user, "write", On::Topic(&workload.events));
        self.allow(user, "write", On::Topic(&workload.dead_letters));
    }

    fn change(&self, command: &str, user: &User, operation: &str, on: On<'_>) {
        self.own().run(command, &[&user.name, operation, &on.to_string()]);
    }

    /// Sets the user's password for SCRAM; before that, it has none. The brokers may apply it with a delay.
    ///
    /// # Panics
    /// Panics when the broker rejects it.
    pub fn set_password(&self, user: &User) {
        self.own().run("password", &[&user.name, &user.password]);
    }

    /// The addresses of the listener `plaintext`, `sasl`, `ssl`, `mtls` or `sasl_ssl`.
    ///
    /// # Panics
    /// Panics when the cluster does not have it.
    #[must_use]
    pub fn listener(&self, name: &str) -> String {
        self.own().run("bootstrap", &["--listener", name])
    }

    /// A client that connects as this user.
    ///
    /// # Panics
    /// Panics when the cluster has no SASL listener.
    #[must_use]
    pub fn client_of(&self, user: &User) -> Client {
        let client = Client::new(self.listener("sasl"));
        user.client_settings().into_iter().fold(client, |client, (name, value)| client.set(name, value))
    }
}

impl Workload {
    /// Makes the workers connect as this user.
    ///
    /// # Panics
    /// Panics when the cluster has no SASL listener.
    #[must_use]
    pub fn as_user(mut self, kafka: &Kafka, user: &User) -> Self {
        self.bootstrap = kafka.listener("sasl");
        let variable = |name: &str| format!("KAFKA_{}", name.replace('.', "_").to_uppercase());
        user.client_settings().into_iter().fold(self, |workload, (name, value)| workload.set(&variable(name), value))
    }

    /// Makes the workers connect with TLS; they need the feature `tls` of this crate, as all that follow.
    ///
    /// # Panics
    /// Panics when the cluster has no SSL listener.
    #[must_use]
    pub fn over_tls(self, kafka: &Kafka) -> Self {
        self.over(kafka, "ssl", "SSL")
    }

    /// Makes the workers connect with a client certificate.
    ///
    /// # Panics
    /// Panics when the cluster has no such listener.
    #[must_use]
    pub fn with_certificate(self, kafka: &Kafka, certificate: &Certificate) -> Self {
        let file = certificate.file.display().to_string();
        let key = certificate.key.display().to_string();
        self.over(kafka, "mtls", "SSL").set("KAFKA_SSL_CERTIFICATE_LOCATION", &file).set("KAFKA_SSL_KEY_LOCATION", &key)
    }

    /// Makes the workers connect as this user with `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`, over TLS.
    ///
    /// # Panics
    /// Panics when the cluster has no such listener.
    #[must_use]
    pub fn with_password(self, kafka: &Kafka, user: &User, mechanism: &str) -> Self {
        let workload = self.over(kafka, "sasl_ssl", "SASL_SSL").set("KAFKA_SASL_MECHANISM", mechanism);
        workload.set("KAFKA_SASL_USERNAME", &user.name).set("KAFKA_SASL_PASSWORD", &user.password)
    }

    /// Makes the workers connect with tokens, over TLS. The caller adds where they come from.
    ///
    /// # Panics
    /// Panics when the cluster has no such listener.
    #[must_use]
    pub fn with_tokens(self, kafka: &Kafka) -> Self {
        self.over(kafka, "sasl_ssl", "SASL_SSL").set("KAFKA_SASL_MECHANISM", "OAUTHBEARER")
    }

    /// Makes the workers connect with tokens that librdkafka gets from the issuer; they need the feature `secured`.
    ///
    /// # Panics
    /// Panics when the cluster has no such listener.
    #[must_use]
    pub fn with_client_credentials(self, kafka: &Kafka, issuer: &Issuer, user: &User) -> Self {
        let workload = self.with_tokens(kafka).set("KAFKA_SASL_OAUTHBEARER_METHOD", "oidc");
        let workload = workload.set("KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL", &issuer.url());
        let workload = workload.set("KAFKA_SASL_OAUTHBEARER_CLIENT_ID", &user.name);
        workload.set("KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET", &user.password)
    }

    /// Makes the workers connect with tokens that librdkafka gets for an assertion that it signs with this key.
    ///
    /// # Panics
    /// Panics when the cluster has no such listener.
    #[must_use]
    pub fn with_assertion(self, kafka: &Kafka, issuer: &Issuer, user: &User, key: &Path) -> Self {
        let workload = self.with_tokens(kafka).set("KAFKA_SASL_OAUTHBEARER_METHOD", "oidc");
        let workload = workload.set("KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL", &issuer.url());
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        let workload = workload.set("KAFKA_SASL_OAUTHBEARER_GRANT_TYPE", grant);
        let key = key.display().to_string();
        let workload = workload.set("KAFKA_SASL_OAUTHBEARER_ASSERTION_PRIVATE_KEY_FILE", &key);
        let workload = workload.set("KAFKA_SASL_OAUTHBEARER_ASSERTION_CLAIM_SUB", &user.name);
        workload.set("KAFKA_SASL_OAUTHBEARER_ASSERTION_CLAIM_AUD", issuer.name())
    }

    fn over(mut self, kafka: &Kafka, listener: &str, protocol: &str) -> Self {
        self.bootstrap = kafka.listener(listener);
        let ca_file = kafka.ca_file().display().to_string();
        self.set("KAFKA_SECURITY_PROTOCOL", protocol).set("KAFKA_SSL_CA_LOCATION", &ca_file)
    }
}
