//! librdkafka's settings: ours, the user's, and those on which a promise rests, in this order.

use std::time::Duration;

use rdkafka::{ClientConfig, config::RDKafkaLogLevel, error::KafkaError};

use super::{linger::STOPGAP, refused::Limits};
use crate::config::{Bootstrap, CLASSIC_ONLY, Config};

/// How the group's partitions are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// KIP-848: the broker assigns. Members that come, go or hang disturb nobody else.
    Consumer,
    /// The older protocol, with the cooperative-sticky strategy.
    Classic,
}

/// Defaults that differ from librdkafka's, with the reason.
const DEFAULTS: &[(&str, &str)] = &[
    // Topics are made on purpose (KAFKA_CREATE_TOPICS), never because somebody asked for one.
    ("allow.auto.create.topics", "false"),
    // A partition that was added is seen within a minute instead of five.
    ("topic.metadata.refresh.interval.ms", "60000"),
    ("socket.keepalive.enable", "true"),
    // Instead of 100. For half of it a client that has lost its only connection waits before it looks for another broker, and
    // every client does so at its start, because the connection to a bootstrap server is given up for the one to a broker.
    ("reconnect.backoff.ms", "20"),
    // Instead of 10 s: a broker that is back is found within a second, also after a long absence.
    ("reconnect.backoff.max.ms", "1000"),
];

const CONSUMER_DEFAULTS: &[(&str, &str)] = &[
    // Librdkafka waits a whole second when its prefetch queue is full: a third of the throughput (its issue #2879).
    ("fetch.queue.backoff.ms", "10"),
    // Prefetch of 16 MiB instead of 64: the same speed in a third of the memory.
    ("queued.max.messages.kbytes", "16384"),
];

const LINGER: &str = "linger.ms";
const LARGEST: &str = "message.max.bytes";
const QUEUE_KBYTES: &str = "queue.buffering.max.kbytes";
/// That librdkafka takes.
const LARGEST_POSSIBLE: usize = 1_000_000_000;
/// That librdkafka takes.
const LONGEST_LINGER: Duration = Duration::from_secs(900);

const PRODUCER_DEFAULTS: &[(&str, &str)] = &[
    // While busy, records wait up to this long for company; when idle they are sent at once (see `Linger`).
    (LINGER, "5"),
    // Half of librdkafka's: a partition has one request under way, and the next is on its way sooner when both are smaller.
    ("batch.size", "524288"),
    (QUEUE_KBYTES, "65536"),
];

/// What the promises rest on. The configuration refuses these keys, so nothing here overrides a user's wish in silence.
const CONSUMER_OWN: &[(&str, &str)] = &[
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    // Among the records it says exactly how far a partition was received: also behind transaction markers and aborted
    // records, and where nothing is.
    ("enable.partition.eof", "true"),
];

const PRODUCER_OWN: &[(&str, &str)] = &[
    ("enable.idempotence", "true"),
    ("acks", "all"),
    // A record is given up only by the program, never by a clock.
    ("message.timeout.ms", "0"),
    // The hash that JVM producers use, so that the same key goes to the same partition.
    ("partitioner", "murmur2_random"),
];

pub(super) fn consumer(config: &Config, bootstrap: &str, protocol: Protocol) -> ClientConfig {
    let mut client = base(config, bootstrap, CONSUMER_DEFAULTS);
    if config.bootstrap_servers == Bootstrap::Embedded {
        // The mock cluster answers a fetch only when its time is over, also when records come in.
        client.set("fetch.wait.max.ms", "10");
    }
    // The earliest: a group that starts must not skip what is there.
    client.set("auto.offset.reset", "earliest");
    if protocol == Protocol::Classic {
        client.set("partition.assignment.strategy", "cooperative-sticky");
        client.set("session.timeout.ms", session_ms(config).to_string());
    }
    client.set("max.poll.interval.ms", poll_interval_ms(config).to_string());
    for (name, value) in config.consumer_properties() {
        // With the newer protocol the broker decides these, and librdkafka refuses them.
        if protocol == Protocol::Classic || !CLASSIC_ONLY.contains(&name) {
            client.set(name, value);
        }
    }
    if protocol == Protocol::Consumer {
        client.set("group.protocol", "consumer");
    }
    client.set("group.id", config.group_id());
    set_all(&mut client, CONSUMER_OWN);
    client
}

/// The session of a classic group, instead of librdkafka's 45 s.
///
/// A client that hears nothing from its coordinator for that long joins as a new member. It does not say that the old one is
/// gone, so the group waits for that until its session times out, too: after a freeze of the broker of 40 s, that was another
/// 45 s. Not shorter, because a broker that has crashed is noticed after nine seconds (`broker.session.timeout.ms`), and only
/// then has the group another coordinator.
fn session_ms(config: &Config) -> u64 {
    const SHORT: u64 = 15_000;
    // Librdkafka wants it between these two.
    let heartbeats = consumer_millis(config, "heartbeat.interval.ms").map_or(0, |interval| interval.saturating_mul(3));
    let poll_interval = consumer_millis(config, "max.poll.interval.ms").unwrap_or(u64::MAX);
    SHORT.max(heartbeats).min(poll_interval)
}

fn consumer_millis(config: &Config, name: &str) -> Option<u64> {
    config.consumer_properties().find(|(set, _)| *set == name).and_then(|(_, value)| value.parse().ok())
}

/// How long the group waits for a member that does not give back what it should.
///
/// The client is polled all the time, whatever the handlers do, so this can be short. And it must be: an answer of the
/// coordinator that comes too late is dropped by librdkafka (2.12) with the assignment in it, and is not asked for again.
/// That member goes on as before, and the partitions that it should give back or get stand still until the group is tired
/// of waiting; with librdkafka's own five minutes that was seen to take as long.
fn poll_interval_ms(config: &Config) -> u64 {
    const SHORT: u64 = 60_000;
    // Librdkafka wants it to be no shorter than the session timeout.
    consumer_millis(config, "session.timeout.ms").unwrap_or(SHORT).max(SHORT)
}

pub(super) fn producer(config: &Config, bootstrap: &str) -> ClientConfig {
    let mut client = base(config, bootstrap, PRODUCER_DEFAULTS);
    for (name, value) in config.producer_properties() {
        client.set(name, value);
    }
    if client.get(LARGEST).is_none() {
        // Instead of a million, which is less than a topic takes unless it was told otherwise: how large a record may be is the
        // topic's to say. But what does not fit into the queue would wait for room for ever.
        client.set(LARGEST, queue_size(&client).min(LARGEST_POSSIBLE).to_string());
    }
    set_all(&mut client, PRODUCER_OWN);
    client
}

/// How large a record may be for the client.
pub(super) fn limits(producer: &ClientConfig) -> Limits {
    let record = producer.get(LARGEST).and_then(|bytes| bytes.parse().ok()).unwrap_or(LARGEST_POSSIBLE);
    Limits { record, queue: queue_size(producer) }
}

fn queue_size(producer: &ClientConfig) -> usize {
    let kbytes = producer.get(QUEUE_KBYTES).and_then(|kbytes| kbytes.parse::<usize>().ok());
    kbytes.unwrap_or_default().saturating_mul(1024)
}

/// Takes the linger over from the client: see [`Linger`](super::linger::Linger).
pub(super) fn take_linger(producer: &mut ClientConfig) -> Duration {
    // In milliseconds, with fractions. What is no number, or out of range, the configuration has refused.
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

/// As much as the program's filter lets through. The wrapper asks another logging crate, and would silence the client.
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

/// What the linked librdkafka was built with, as it says itself: `gzip,snappy,ssl,...`.
pub(crate) fn built_in_features() -> Option<String> {
    ClientConfig::new().create_native_config().ok()?.get("builtin.features").ok()
}

/// A client error as text. An error about a setting would print the setting's value, and that may be a secret.
pub(crate) fn describe(error: &KafkaError) -> String {
    match error {
        KafkaError::ClientConfig(_, description, property, _) => format!("{description} (property `{property}`)"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn largest(properties: &[(&str, &str)]) -> usize {
        let mut config = Config::new("shop");
        for (name, value) in properties {
            config.producer_property(name, value).unwrap();
        }
        limits(&producer(&config, "kafka:9092")).smaller()
    }

    /// A topic takes 1,048,588 bytes unless it was told to take more, and librdkafka alone a million.
    #[test]
    fn the_record_size_limit_comes_from_the_topic_by_default() {
        assert_eq!(largest(&[]), 64 * 1024 * 1024);
        assert_eq!(largest(&[("queue.buffering.max.kbytes", "2000")]), 2_048_000, "what is larger would wait for ever");
        assert_eq!(largest(&[("message.max.bytes", "900000")]), 900_000);
    }

    fn session(protocol: Protocol, properties: &[(&str, &str)]) -> Option<String> {
        let mut config = Config::new("shop");
        for (name, value) in properties {
            config.consumer_property(name, value).unwrap();
        }
        consumer(&config, "kafka:9092", protocol).get("session.timeout.ms").map(str::to_owned)
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
