//! librdkafka's settings: our defaults, the user's values, and those that a guarantee relies on, in this order.

use std::time::Duration;

use rdkafka::{ClientConfig, config::RDKafkaLogLevel, error::KafkaError};

use super::{
    group::{Group, Protocol},
    linger::STOPGAP,
    refused::SizeLimits,
};
use crate::config::{Brokers, CLASSIC_ONLY, Config, Redaction};

/// Defaults that differ from librdkafka's, with the reason.
const DEFAULTS: &[(&str, &str)] = &[
    // Topics are created explicitly (KAFKA_CREATE_TOPICS), never because a client requested metadata.
    ("allow.auto.create.topics", "false"),
    // A new partition is found within one minute instead of five.
    ("topic.metadata.refresh.interval.ms", "60000"),
    ("socket.keepalive.enable", "true"),
    // Instead of 100. A client that has lost its only connection waits for half of it before it tries another broker.
    // Every client does so when it starts, because it replaces the connection to the bootstrap server with one to a
    // broker.
    ("reconnect.backoff.ms", "20"),
    // Instead of 10 s: a broker that is up again is found within a second, even after a long outage.
    ("reconnect.backoff.max.ms", "1000"),
];

const CONSUMER_DEFAULTS: &[(&str, &str)] = &[
    // librdkafka waits a whole second when its prefetch queue is full, which costs a third of the throughput (its issue
    // #2879).
    ("fetch.queue.backoff.ms", "10"),
    // Prefetches 16 MiB instead of 64: the same throughput with a third of the memory.
    ("queued.max.messages.kbytes", "16384"),
];

const LINGER: &str = "linger.ms";
const LARGEST: &str = "message.max.bytes";
const QUEUE_KBYTES: &str = "queue.buffering.max.kbytes";
/// The maximum that librdkafka accepts.
const LARGEST_POSSIBLE: usize = 1_000_000_000;
/// The maximum that librdkafka accepts.
const LONGEST_LINGER: Duration = Duration::from_secs(900);

const PRODUCER_DEFAULTS: &[(&str, &str)] = &[
    // While busy, records wait up to this long for others to fill the batch; when idle, they are sent at once (see
    // `Linger`).
    (LINGER, "5"),
    // Half of librdkafka's: a partition has one request in flight, and with smaller requests the next is sent sooner.
    ("batch.size", "524288"),
    (QUEUE_KBYTES, "65536"),
    // Instead of 30 s, the default timeout of a publication: the error that the topic does not exist has to come first.
    ("topic.metadata.propagation.max.ms", "20000"),
];

/// The settings that guarantees rely on. The configuration rejects these keys, so no value of the user is overridden
/// silently.
const CONSUMER_OWN: &[(&str, &str)] = &[
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    // The end-of-partition event says exactly how far a partition was received: also after transaction markers and
    // aborted records, and if the partition is empty.
    ("enable.partition.eof", "true"),
];

const PRODUCER_OWN: &[(&str, &str)] = &[
    ("enable.idempotence", "true"),
    ("acks", "all"),
    // Only the program gives up a record, never a timeout.
    ("message.timeout.ms", "0"),
    // The hash of JVM producers, so that the same key goes to the same partition.
    ("partitioner", "murmur2_random"),
];

pub(super) fn consumer(config: &Config, bootstrap: &str, group: Group) -> ClientConfig {
    let protocol = group.protocol;
    let mut client = base(config, bootstrap, CONSUMER_DEFAULTS);
    if config.bootstrap_servers == Brokers::Embedded {
        // The mock cluster answers a fetch only when its wait time is over, even if records arrive.
        client.set("fetch.wait.max.ms", "10");
    }
    // The earliest: a new group must not skip existing records.
    client.set("auto.offset.reset", "earliest");
    if let Some((property, assignor)) = group.assignor() {
        client.set(property, assignor);
    }
    if protocol == Protocol::Classic {
        client.set("session.timeout.ms", session_ms(config).to_string());
    }
    client.set("max.poll.interval.ms", poll_interval_ms(config).to_string());
    for (name, value) in config.consumer_properties() {
        // With the newer protocol these are broker settings, and librdkafka rejects them.
        if protocol == Protocol::Classic || !CLASSIC_ONLY.contains(&name) {
            client.set(name, value);
        }
    }
    if protocol == Protocol::Consumer {
        client.set("group.protocol", "consumer");
    }
    client.set("group.id", config.effective_group_id());
    set_all(&mut client, CONSUMER_OWN);
    client
}

/// The session timeout of a classic group, instead of librdkafka's 45 s.
///
/// A client that does not hear from its coordinator for this long joins as a new member. It does not say that the old
/// member is gone, so the group waits for that one until its session times out too: after a broker was frozen for 40 s,
/// that took another 45 s. It is not shorter, because the crash of a broker is detected after nine seconds
/// (`broker.session.timeout.ms`), and only then does the group get another coordinator.
fn session_ms(config: &Config) -> u64 {
    const SHORT: u64 = 15_000;
    // librdkafka requires it to be between these two.
    let heartbeats = consumer_millis(config, "heartbeat.interval.ms").map_or(0, |interval| interval.saturating_mul(3));
    let poll_interval = consumer_millis(config, "max.poll.interval.ms").unwrap_or(u64::MAX);
    SHORT.max(heartbeats).min(poll_interval)
}

fn consumer_millis(config: &Config, name: &str) -> Option<u64> {
    config.consumer_properties().find(|(set, _)| *set == name).and_then(|(_, value)| value.parse().ok())
}

/// How long the group waits for a member that does not give up revoked partitions.
///
/// The client is polled all the time, regardless of handlers, so this can be short. It has to be: librdkafka (2.12)
/// drops a response of the coordinator that arrives too late, with the assignment in it, and does not request it again.
/// The member then continues with its old assignment, and the partitions that it should give up or receive are not
/// consumed until the group stops waiting. With librdkafka's default of five minutes, this was observed to take that
/// long.
fn poll_interval_ms(config: &Config) -> u64 {
    const SHORT: u64 = 60_000;
    // librdkafka requires it to be at least the session timeout.
    consumer_millis(config, "session.timeout.ms").unwrap_or(SHORT).max(SHORT)
}

pub(super) fn producer(config: &Config, bootstrap: &str) -> ClientConfig {
    let mut client = base(config, bootstrap, PRODUCER_DEFAULTS);
    for (name, value) in config.producer_properties() {
        client.set(name, value);
    }
    if client.get(LARGEST).is_none() {
        // Instead of one million, which is less than the default limit of a topic: the topic should decide how large a
        // record may be. But a record that is larger than the queue would wait for room forever.
        client.set(LARGEST, queue_size(&client).min(LARGEST_POSSIBLE).to_string());
    }
    set_all(&mut client, PRODUCER_OWN);
    client
}

/// How large a record may be for the client.
pub(super) fn limits(producer: &ClientConfig) -> SizeLimits {
    let record = producer.get(LARGEST).and_then(|bytes| bytes.parse().ok()).unwrap_or(LARGEST_POSSIBLE);
    SizeLimits { record, queue: queue_size(producer) }
}

fn queue_size(producer: &ClientConfig) -> usize {
    let kbytes = producer.get(QUEUE_KBYTES).and_then(|kbytes| kbytes.parse::<usize>().ok());
    kbytes.unwrap_or_default().saturating_mul(1024)
}

/// Moves the linger from the client to the service: see [`Linger`](super::linger::Linger).
pub(super) fn take_linger(producer: &mut ClientConfig) -> Duration {
    // In milliseconds, with fractions. The configuration has rejected values that are not numbers or out of range.
    let linger = producer.get(LINGER).and_then(|linger| linger.parse::<f64>().ok()).unwrap_or_default();
    let linger = Duration::try_from_secs_f64(linger / 1_000.0).unwrap_or_default();
    let client = (linger + STOPGAP).min(LONGEST_LINGER);
    producer.set(LINGER, client.as_millis().to_string());
    linger
}

fn base(config: &Config, bootstrap: &str, defaults: &[(&str, &str)]) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set_log_level(log_level());
    client.set("client.id", &config.service_name);
    set_all(&mut client, DEFAULTS);
    set_all(&mut client, defaults);
    client.set("bootstrap.servers", bootstrap);
    client
}

/// As verbose as the program's filter allows. The wrapper asks a different logging crate, and would silence the client.
fn log_level() -> RDKafkaLogLevel {
    use tracing::{Level, enabled};
    if enabled!(target: "kafka_service::librdkafka", Level::DEBUG) {
        RDKafkaLogLevel::Debug
    } else if enabled!(target: "kafka_service::librdkafka", Level::INFO) {
        RDKafkaLogLevel::Info
    } else {
        RDKafkaLogLevel::Warning
    }
}

fn set_all(client: &mut ClientConfig, settings: &[(&str, &str)]) {
    for (name, value) in settings {
        client.set(*name, *value);
    }
}

/// The features that the linked librdkafka was built with, as it reports them: `gzip,snappy,ssl,...`.
pub(crate) fn built_in_features() -> Option<String> {
    ClientConfig::new().create_native_config().ok()?.get("builtin.features").ok()
}

/// A client error as text. The error about a setting would print its value, which may be a secret.
pub(super) fn describe(error: &KafkaError, redaction: &Redaction) -> String {
    let text = match error {
        KafkaError::ClientConfig(_, description, property, _) => format!("{description} (property `{property}`)"),
        other => other.to_string(),
    };
    redaction.apply(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::kafka::group::{LOCAL_ASSIGNOR, REMOTE_ASSIGNOR};

    fn largest(properties: &[(&str, &str)]) -> usize {
        let mut config = Config::new("shop");
        for (name, value) in properties {
            config.set_producer_property(name, value).unwrap();
        }
        limits(&producer(&config, "kafka:9092")).smaller()
    }

    /// The default limit of a topic is 1,048,588 bytes, that of librdkafka one million.
    #[test]
    fn the_record_size_limit_comes_from_the_topic_by_default() {
        assert_eq!(largest(&[]), 64 * 1024 * 1024);
        assert_eq!(largest(&[("queue.buffering.max.kbytes", "2000")]), 2_048_000, "what is larger would wait for ever");
        assert_eq!(largest(&[("message.max.bytes", "900000")]), 900_000);
    }

    fn session(protocol: Protocol, properties: &[(&str, &str)]) -> Option<String> {
        let mut config = Config::new("shop");
        for (name, value) in properties {
            config.set_consumer_property(name, value).unwrap();
        }
        consumer(&config, "kafka:9092", Group::new(protocol, 1)).get("session.timeout.ms").map(str::to_owned)
    }

    #[test]
    fn the_assignor_can_be_set() {
        let mut config = Config::new("shop");
        for (property, assignor) in [(REMOTE_ASSIGNOR, "uniform"), (LOCAL_ASSIGNOR, "roundrobin")] {
            config.set_consumer_property(property, assignor).unwrap();
        }
        let set = |protocol, property| {
            consumer(&config, "kafka:9092", Group::new(protocol, 2)).get(property).map(str::to_owned)
        };
        assert_eq!(set(Protocol::Consumer, REMOTE_ASSIGNOR).as_deref(), Some("uniform"));
        assert_eq!(set(Protocol::Consumer, LOCAL_ASSIGNOR), None, "librdkafka rejects it");
        assert_eq!(set(Protocol::Classic, LOCAL_ASSIGNOR).as_deref(), Some("roundrobin"));
    }

    #[test]
    fn a_classic_group_has_a_short_session_by_default() {
        let classic = |properties| session(Protocol::Classic, properties);
        assert_eq!(classic(&[]).as_deref(), Some("15000"));
        assert_eq!(classic(&[("session.timeout.ms", "45000")]).as_deref(), Some("45000"));
        assert_eq!(classic(&[("heartbeat.interval.ms", "10000")]).as_deref(), Some("30000"), "three heartbeats");
        assert_eq!(classic(&[("max.poll.interval.ms", "8000")]).as_deref(), Some("8000"));
        assert_eq!(session(Protocol::Consumer, &[]), None, "the broker's to say");
    }
}
