//! Settings of a service: from the environment, from code, or from both.

mod access;
mod choices;
mod credentials;
mod duration;
mod env;
mod error;
mod features;
mod identity;
mod names;
mod properties;
mod property;
#[cfg(feature = "kafka")]
mod redaction;
mod reserved;
mod secret;
mod security;
mod servers;
mod setters;
mod table;
mod tokens;
mod topic;
mod validate;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

pub use choices::{Brokers, DeadLetterHeaders, GroupProtocol, MessageIdLocation, OrderBy, UnknownCommands};
pub(crate) use credentials::problems as file_problems;
#[cfg(all(feature = "kafka", feature = "tls"))]
pub(crate) use credentials::{TlsSettings, distinguished_name};
pub(crate) use duration::format as format_duration;
pub use error::ConfigError;
pub(crate) use features::Features;
pub(crate) use identity::Identity;
use names::NameStyle;
use properties::Properties;
pub(crate) use property::Side;
#[cfg(feature = "kafka")]
pub(crate) use redaction::Redaction;
#[cfg(feature = "kafka")]
pub(crate) use reserved::CLASSIC_ONLY;
pub(crate) use topic::flaw as topic_flaw;

/// The brokers of a program that names none.
pub(crate) const DEFAULT_SERVERS: &str = "kafka:9092";

/// Every setting of a service.
///
/// [`from_env`](Self::from_env) reads the environment, [`new`](Self::new) uses the defaults. After either, you can
/// change settings in code, by the field or by the setter of the same name; they are checked when the service starts.
///
/// ```
/// use std::time::Duration;
/// use kafka_service::{Config, config::OrderBy};
///
/// # fn main() -> Result<(), kafka_service::config::ConfigError> {
/// let config = Config::new("shop")
///     .bootstrap_servers("localhost:9092")
///     .commands_topics(["orders", "payments"])
///     .ordering(OrderBy::Partition)
///     .max_in_flight(64)
///     .handler_timeout(Duration::from_secs(30));
/// config.validate()?;
/// # Ok(()) }
/// ```
///
/// | variable | default |
/// |---|---|
/// | `KAFKA_BOOTSTRAP_SERVERS` | `kafka:9092`; empty: Kafka is disabled; `embedded`: a broker inside the process |
/// | `KAFKA_SERVICE_NAME` | the name of the binary |
/// | `KAFKA_COMMANDS_TOPIC` | `service_commands`; several, separated by commas. Consumed if there is a `#[command]` handler without a topic of its own |
/// | `KAFKA_EVENTS_TOPIC` | `service_events` |
/// | `KAFKA_SUBSCRIBED_EVENTS_TOPICS` | the events topic, if there is an `#[event]` handler without a topic of its own; several, separated by commas |
/// | `KAFKA_GROUP_ID` | `<service name>-group`. A new group starts with the oldest record of each topic; `KAFKA_AUTO_OFFSET_RESET=latest`: with new ones |
/// | `KAFKA_GROUP_PROTOCOL` | `auto`; `consumer`, `classic` |
/// | `KAFKA_ORDERING` | `key`; `partition` |
/// | `KAFKA_MAX_IN_FLIGHT` | 1000 handlers in flight, across all partitions |
/// | `KAFKA_MAX_UNCOMMITTED` | 50000 records of one partition |
/// | `KAFKA_HANDLER_TIMEOUT` | `5m` for one attempt |
/// | `KAFKA_RETRY_ATTEMPTS` | 5; from 1 to 1000000 (in `retry(..)`: from 1 to 1000) |
/// | `KAFKA_RETRY_BACKOFF` | `200ms..10s` |
/// | `KAFKA_RETRY_DEADLINE` | `10m`: no attempt starts later than this after the first |
/// | `KAFKA_DEAD_LETTER_TOPIC` | `<consumed topic>-dlq` |
/// | `KAFKA_DEAD_LETTER_HEADERS` | `native` (or `own`, which means the same): the headers of [`dead_letter`](crate::dead_letter) only; `spring`: also those that Spring for Apache Kafka writes |
/// | `KAFKA_DEAD_LETTER_LIMIT` | `off`; `50%`: the service stops when more than that share of the last 100 messages failed |
/// | `KAFKA_UNKNOWN_COMMANDS` | `skip`; `dead-letter`. An event without a handler is always skipped |
/// | `KAFKA_MESSAGE_ID` | `envelope`; `header`, `off` |
/// | `KAFKA_PUBLISH_TIMEOUT` | `30s` for one publication outside a handler; in handlers, the handler timeout applies |
/// | `KAFKA_CREATE_TOPICS` | `false`; `true`: missing topics are created, with the partitions and replicas that the broker gives by default (`num.partitions`, `default.replication.factor`) |
/// | `KAFKA_SHUTDOWN_DEADLINE` | `25s` |
/// | `KAFKA_STALL_TIMEOUT` | `5m` without progress before the consumer is replaced, then liveness fails; `off` |
///
/// Durations need a unit: `200ms`, `30s`, `1m30s`, `1h`.
///
/// All topics are consumed in one group. Whether a message is a command or an event depends on its topic: on a commands
/// topic it is a command, on an events topic an event. On a topic that is both, a command handler of that name takes
/// precedence over an event handler, and a message without a handler is treated as an event. A handler with a topic of
/// its own (`topic = ".."`) consumes only from that topic.
///
/// Every other property of librdkafka is set as `KAFKA_` plus the name in upper case, with underscores for dots
/// (`KAFKA_LINGER_MS`, `KAFKA_SECURITY_PROTOCOL`, `KAFKA_SASL_PASSWORD`), or as `KAFKA_CONSUMER_` or `KAFKA_PRODUCER_`
/// plus that name for one of the two clients; an empty value is treated as unset. Properties that this crate controls
/// are rejected, with the reason. `message.max.bytes` of the producer is as large as its queue
/// (`queue.buffering.max.kbytes`, 64 MiB) unless it is set, so that the topic's `max.message.bytes` is the limit. A
/// secret may come from a file: `KAFKA_SASL_PASSWORD_FILE=/run/secrets/kafka`. Variables that Kubernetes injects for a
/// service named `kafka` (`KAFKA_PORT`, `KAFKA_SERVICE_HOST`, ...) are not settings.
///
/// `Debug` redacts secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The brokers to connect to.
    pub bootstrap_servers: Brokers,
    /// The `source` of published events, and the default of the group id.
    pub service_name: String,
    /// The topics to consume commands from, if there is a command handler without a topic of its own.
    pub commands_topics: Vec<String>,
    /// The topic that events are published to.
    pub events_topic: String,
    /// The topics to consume events from; `None`: the events topic, if there is an event handler without a topic of its own.
    pub subscribed_events_topics: Option<Vec<String>>,
    /// The consumer group; `None`: see [`effective_group_id`](Self::effective_group_id). A new group starts with the oldest
    /// record of each topic, unless `auto.offset.reset` is set.
    pub group_id: Option<String>,
    /// The rebalance protocol of the consumer group.
    pub group_protocol: GroupProtocol,
    /// Which records are handled one after another.
    pub ordering: OrderBy,
    /// The maximum number of handlers in flight, across all partitions.
    pub max_in_flight: usize,
    /// The maximum number of records of a partition that are in flight, or finished but not committed. A partition that
    /// reaches it is paused. After a crash, these records are redelivered. In a healthy service only the records in
    /// flight and 100 ms of finished work are uncommitted; the default is high enough not to throttle a healthy
    /// partition while a busy broker answers the last commit.
    pub max_uncommitted: usize,
    /// How long one attempt of a handler may take.
    pub handler_timeout: Duration,
    /// The retry policy: exponential backoff with full jitter.
    pub retry: RetryPolicy,
    /// One dead-letter topic for all consumed topics; `None`: see
    /// [`effective_dead_letter_topic`](Self::effective_dead_letter_topic).
    pub dead_letter_topic: Option<String>,
    /// Which headers a dead letter gets.
    pub dead_letter_headers: DeadLetterHeaders,
    /// The share of the last 100 commands, in percent, above which the service stops instead of dead-lettering more: a
    /// bad deployment would otherwise dead-letter the whole topic. `None`: no limit.
    pub dead_letter_limit: Option<u8>,
    /// What happens to a command without a handler. An event without a handler is always skipped, and so is every message
    /// without a handler on a topic that carries both.
    pub unknown_commands: UnknownCommands,
    /// Where the id of a published message is written.
    pub message_id: MessageIdLocation,
    /// How long a publication outside a handler may take, unless it has a [timeout](crate::Publication::timeout) of its
    /// own. In a handler there is no such limit: the timeout of the handler applies.
    pub publish_timeout: Duration,
    /// Whether missing topics are created at startup, with the partitions and replicas that the broker gives by default.
    pub create_topics: bool,
    /// How long a graceful shutdown may take before work in flight is abandoned. Leaving the group may take up to 6 s
    /// more.
    pub shutdown_deadline: Duration,
    /// How long the service may make no progress although records are waiting and no external fault is known; at least
    /// the longest handler timeout. The Kafka consumer is then replaced; after the same time again
    /// [`Health::live`](crate::Health::live) becomes false. `None`: never.
    pub stall_timeout: Option<Duration>,
    properties: Properties,
    unknown_variables: Vec<String>,
}

/// The retry policy: exponential backoff with full jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The total number of attempts, including the first.
    pub attempts: u32,
    /// The maximum delay before the first retry; it doubles with each retry.
    pub backoff_min: Duration,
    /// The maximum delay before any retry.
    pub backoff_max: Duration,
    /// How long after the first attempt another one may start.
    pub deadline: Duration,
}

impl RetryPolicy {
    /// Creates a policy with this many attempts and a backoff from `backoff_min` to `backoff_max`. The deadline is 10
    /// minutes.
    #[must_use]
    pub const fn new(attempts: u32, backoff_min: Duration, backoff_max: Duration) -> Self {
        Self { attempts, backoff_min, backoff_max, deadline: Duration::from_secs(600) }
    }

    /// Sets how long after the first attempt another one may start.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}

impl Default for RetryPolicy {
    /// Five attempts with a backoff from 200 ms to 10 s.
    fn default() -> Self {
        Self::new(5, Duration::from_millis(200), Duration::from_secs(10))
    }
}

impl Config {
    /// Creates a configuration with default settings.
    #[must_use]
    pub fn new(service_name: impl Into<String>) -> Self {
        Self {
            bootstrap_servers: Brokers::Servers(DEFAULT_SERVERS.to_owned()),
            service_name: service_name.into(),
            commands_topics: vec!["service_commands".to_owned()],
            events_topic: "service_events".to_owned(),
            subscribed_events_topics: None,
            group_id: None,
            group_protocol: GroupProtocol::default(),
            ordering: OrderBy::default(),
            max_in_flight: 1_000,
            max_uncommitted: 50_000,
            handler_timeout: Duration::from_secs(5 * 60),
            retry: RetryPolicy::default(),
            dead_letter_topic: None,
            dead_letter_headers: DeadLetterHeaders::default(),
            dead_letter_limit: None,
            unknown_commands: UnknownCommands::default(),
            message_id: MessageIdLocation::default(),
            publish_timeout: Duration::from_secs(30),
            create_topics: false,
            shutdown_deadline: Duration::from_secs(25),
            stall_timeout: Some(Duration::from_secs(5 * 60)),
            properties: Properties::default(),
            unknown_variables: Vec::new(),
        }
    }

    /// [`validate`](Self::validate) for a build with these features. `check_files` checks the files that the settings name.
    pub(crate) fn validate_for(
        &self,
        features: Features,
        check_files: impl FnOnce(&Self) -> BTreeSet<String>,
    ) -> Result<(), ConfigError> {
        let mut problems = validate::problems(self, NameStyle::Fields, features);
        problems.extend(check_files(self));
        if problems.is_empty() { Ok(()) } else { Err(ConfigError::new(problems, self.unknown_variables.clone())) }
    }

    /// [`validate_for`](Self::validate_for), and whether OAUTHBEARER has exactly one source of tokens.
    pub(crate) fn validate_with_tokens(
        &self,
        features: Features,
        check_files: impl FnOnce(&Self) -> BTreeSet<String>,
        has_provider: bool,
    ) -> Result<(), ConfigError> {
        self.validate_for(features, |config| {
            let mut problems = check_files(config);
            problems.extend(tokens::problems(config, has_provider));
            problems
        })
    }

    /// Returns warnings about settings that are valid but probably unintended, such as unknown variables or disabled
    /// certificate checks.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.unknown_variables.iter().cloned().chain(security::warnings(self)).collect()
    }

    /// Returns the configured group id, or `<service name>-group`.
    #[must_use]
    pub fn effective_group_id(&self) -> Cow<'_, str> {
        match &self.group_id {
            Some(group) => Cow::Borrowed(group),
            None => Cow::Owned(format!("{}-group", self.service_name)),
        }
    }

    /// Returns the dead-letter topic for a consumed topic: the configured one, or `<source>-dlq`.
    #[must_use]
    pub fn effective_dead_letter_topic(&self, source: &str) -> String {
        self.dead_letter_topic.clone().unwrap_or_else(|| format!("{source}-dlq"))
    }

    /// Returns the topics that event handlers consume from, if there are event handlers.
    #[must_use]
    pub fn effective_subscribed_events_topics(&self) -> &[String] {
        self.subscribed_events_topics.as_deref().unwrap_or(std::slice::from_ref(&self.events_topic))
    }
}
