//! Users and permissions, on a cluster that was started with `--secure`.

use std::fmt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::kafka::{Cluster, Kafka, no_broker};
use crate::{Client, Workload};

/// How many users the script creates.
const USERS: usize = 64;

/// A user of the SASL listener, without permissions at first.
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

    /// The same for this test alone, which may kill and freeze it.
    #[must_use]
    pub fn secured_alone() -> Option<Self> {
        Self::start_with(&["--secure"]).or_else(no_broker)
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

    /// The addresses of the listener `plaintext`, `sasl` or `ssl`.
    ///
    /// # Panics
    /// Panics when the cluster does not have it.
    #[must_use]
    pub fn listener(&self, name: &str) -> String {
        self.own().run("bootstrap", &["--listener", name])
    }

    /// The CA certificate that a client of the SSL listener must trust.
    ///
    /// # Panics
    /// Panics when this process did not start the cluster.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        let Cluster { directory, .. } = self.own();
        directory.join("ssl/ca.pem")
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

    /// Makes the workers connect with TLS; they need the feature `tls` of this crate.
    ///
    /// # Panics
    /// Panics when the cluster has no SSL listener.
    #[must_use]
    pub fn over_tls(mut self, kafka: &Kafka) -> Self {
        self.bootstrap = kafka.listener("ssl");
        let ca_file = kafka.ca_file().display().to_string();
        self.set("KAFKA_SECURITY_PROTOCOL", "SSL").set("KAFKA_SSL_CA_LOCATION", &ca_file)
    }
}
