//! What can be wrong, and with which resource.

use std::fmt;

use super::{Access, Acl};
use crate::config::DEFAULT_SERVERS;

/// Why a service is not ready; except [`Disabled`](Self::Disabled), with which it is ready. A reason names one resource
/// and ends when that resource has recovered, not when another one works.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// The service failed and has stopped, or is about to.
    Failed,
    /// Kafka is disabled by an empty `KAFKA_BOOTSTRAP_SERVERS`. The service is ready nevertheless.
    Disabled,
    /// No broker responds, or none accepts the connection.
    BrokersUnreachable {
        /// The bootstrap servers.
        servers: String,
    },
    /// There is no valid OAUTHBEARER token: the [token provider](crate::oauth::TokenProvider) does not return one, and the
    /// previous one has expired.
    TokenUnavailable,
    /// No broker accepts a TLS connection: a certificate or its host name is not accepted, or the listener speaks
    /// something else.
    TlsFailed {
        /// The bootstrap servers.
        servers: String,
    },
    /// No broker accepts the credentials, or none offers the mechanism.
    AuthenticationFailed {
        /// The bootstrap servers.
        servers: String,
    },
    /// A permission is missing.
    NotAuthorized {
        /// The resource.
        resource: Resource,
        /// The operation that is denied.
        operation: Operation,
    },
    /// A topic that the service needs does not exist.
    TopicMissing {
        /// The topic.
        topic: String,
    },
    /// The service is not yet a member of its consumer group.
    NotInGroup {
        /// The consumer group.
        group: String,
    },
    /// A partition that is assigned to this service is not being fetched.
    PartitionNotFetched {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
    },
    /// A transaction of another producer has been open for a long time; consumers cannot read past it.
    OpenTransaction {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
    },
    /// Offset commits fail, or are not acknowledged.
    CommitsFailing {
        /// The consumer group.
        group: String,
    },
    /// Records sent to a topic fail; they are retried in order.
    DeliveryFailing {
        /// The topic.
        topic: String,
    },
    /// Records sent to a topic are not acknowledged.
    DeliveryNotAcknowledged {
        /// The topic.
        topic: String,
    },
    /// Records are waiting, and none has been received, handled or committed within `KAFKA_STALL_TIMEOUT`.
    Stalled,
    /// The service is shutting down, or has stopped.
    Stopping,
}

/// The resource that a permission applies to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Resource {
    /// A topic.
    Topic(String),
    /// A consumer group.
    Group(String),
    /// The cluster.
    Cluster,
}

/// An operation that an ACL allows or denies, as Kafka names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Operation {
    /// `DESCRIBE`.
    Describe,
    /// `READ`.
    Read,
    /// `WRITE`.
    Write,
    /// `CREATE`.
    Create,
    /// `IDEMPOTENT_WRITE`, which `WRITE` on any topic includes.
    IdempotentWrite,
}

impl Operation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Describe => "DESCRIBE",
            Self::Read => "READ",
            Self::Write => "WRITE",
            Self::Create => "CREATE",
            Self::IdempotentWrite => "IDEMPOTENT_WRITE",
        }
    }

    /// As `kafka-acls.sh` spells it: it does not accept an underscore.
    pub(super) fn argument(self) -> &'static str {
        match self {
            Self::Describe => "Describe",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Create => "Create",
            Self::IdempotentWrite => "IdempotentWrite",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topic(topic) => write!(formatter, "topic `{topic}`"),
            Self::Group(group) => write!(formatter, "group `{group}`"),
            Self::Cluster => formatter.write_str("the cluster"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed => formatter.write_str("the service failed"),
            Self::Disabled => formatter.write_str("Kafka is disabled (KAFKA_BOOTSTRAP_SERVERS is empty)"),
            Self::BrokersUnreachable { servers } => write!(formatter, "no broker is reachable at {servers}"),
            Self::TokenUnavailable => formatter.write_str("there is no valid OAUTHBEARER token"),
            Self::TlsFailed { servers } => write!(formatter, "no TLS connection to the brokers at {servers}"),
            Self::AuthenticationFailed { servers } => write!(formatter, "authentication at {servers} failed"),
            Self::NotAuthorized { resource, operation } => write!(formatter, "{operation} on {resource} is denied"),
            Self::TopicMissing { topic } => write!(formatter, "topic `{topic}` does not exist"),
            Self::NotInGroup { group } => {
                write!(formatter, "not yet a member of consumer group `{group}`")
            }
            Self::PartitionNotFetched { topic, partition } => {
                write!(formatter, "{topic}[{partition}] is not being fetched")
            }
            Self::OpenTransaction { topic, partition } => {
                write!(formatter, "an open transaction of another producer blocks {topic}[{partition}]")
            }
            Self::CommitsFailing { group } => write!(formatter, "offset commits for group `{group}` are failing"),
            Self::DeliveryFailing { topic } => write!(formatter, "delivery to topic `{topic}` is failing"),
            Self::DeliveryNotAcknowledged { topic } => {
                write!(formatter, "records for topic `{topic}` are not acknowledged")
            }
            Self::Stalled => formatter.write_str("no progress although records are waiting"),
            Self::Stopping => formatter.write_str("the service is shutting down"),
        }
    }
}

impl Reason {
    /// What to do about it. Empty if you can only wait. The commands use these servers.
    pub(crate) fn help(&self, access: &Access) -> String {
        let servers = access.servers();
        match self {
            Self::NotAuthorized { resource, operation } => {
                let command = access.command(&Acl::new(*operation, resource.clone()));
                let note = match operation {
                    Operation::Describe => "; READ and WRITE include it",
                    Operation::IdempotentWrite => "; WRITE on any topic includes it",
                    _ => "",
                };
                format!("{command}{note}")
            }
            Self::TopicMissing { topic } => how_to_create(topic, servers),
            Self::BrokersUnreachable { servers } if servers == DEFAULT_SERVERS => format!(
                "{DEFAULT_SERVERS} is the default: set KAFKA_BOOTSTRAP_SERVERS if your brokers are elsewhere; otherwise check \
                 the brokers and KAFKA_SECURITY_PROTOCOL"
            ),
            Self::BrokersUnreachable { .. } => {
                "check the brokers, KAFKA_BOOTSTRAP_SERVERS and KAFKA_SECURITY_PROTOCOL".to_owned()
            }
            Self::TokenUnavailable => {
                "check the token provider of this program and the service that it asks; a valid token is used at once"
                    .to_owned()
            }
            Self::TlsFailed { .. } => {
                "check KAFKA_SSL_CA_LOCATION, KAFKA_SECURITY_PROTOCOL and the certificates".to_owned()
            }
            Self::AuthenticationFailed { .. } => access.credentials().to_owned(),
            Self::OpenTransaction { topic, partition } => format!(
                "kafka-transactions.sh --bootstrap-server {servers} find-hanging --topic {topic} --partition {partition}, \
                 then abort it"
            ),
            Self::Stalled => "restart the process, or let a liveness probe on `Health::live` do it".to_owned(),
            _ => String::new(),
        }
    }

    /// Whether no broker can be used at all.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "for a transport"))]
    pub(crate) fn is_connection(&self) -> bool {
        matches!(self, Self::BrokersUnreachable { .. } | Self::TlsFailed { .. } | Self::AuthenticationFailed { .. })
    }

    /// Whether the cause is outside of this process, so that a restart does not help.
    pub(crate) fn is_outside(&self) -> bool {
        !matches!(self, Self::Failed | Self::Disabled | Self::Stalled | Self::Stopping | Self::NotInGroup { .. })
    }
}

/// How to create a topic.
pub(crate) fn how_to_create(topic: &str, servers: &str) -> String {
    format!("kafka-topics.sh --bootstrap-server {servers} --create --topic {topic}, or set KAFKA_CREATE_TOPICS=true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_servers_are_named_as_such() {
        let help = |servers: &str| Reason::BrokersUnreachable { servers: servers.to_owned() }.help(&Access::default());
        assert!(help(DEFAULT_SERVERS).starts_with("kafka:9092 is the default: set KAFKA_BOOTSTRAP_SERVERS if"));
        assert!(help("localhost:9092").starts_with("check the brokers, KAFKA_BOOTSTRAP_SERVERS and"));
    }
}
