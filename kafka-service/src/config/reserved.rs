//! The librdkafka properties that are reserved for the engine, and why.
//!
//! A property is reserved if another value would break a guarantee (no data loss, order per key, bounded memory,
//! rebalances that drain), if a setting of ours replaces it, or if setting it has no effect. Values that agree with the
//! engine are accepted, so that a configuration copied from another client does not fail for being right.

use super::{
    choices::either,
    property::{Property, Side},
};
use Allowed::{AtMost, Nothing, Only};

/// The values that are accepted for a reserved property.
enum Allowed {
    Nothing,
    Only(&'static [&'static str]),
    AtMost(i64),
}

struct Reserved {
    /// The canonical name.
    name: &'static str,
    allowed: Allowed,
    why: &'static str,
}

const fn reserved(name: &'static str, allowed: Allowed, why: &'static str) -> Reserved {
    Reserved { name, allowed, why }
}

/// Why `value` is rejected for this property on this side, if it is.
pub(super) fn refusal(property: &Property, target: Side, value: &str) -> Option<String> {
    // The variable `KAFKA_MAX_IN_FLIGHT` counts handlers; the short name for requests would be mistaken for it.
    if property.name == "max.in.flight" {
        let why = "use `max.in.flight.requests.per.connection`: `max_in_flight` limits the handlers in flight";
        return Some(why.to_owned());
    }
    let entry = RESERVED.iter().find(|entry| entry.name == property.canonical)?;
    let what = match &entry.allowed {
        Nothing => "cannot be set".to_owned(),
        Only(values) if values.contains(&value) => return None,
        Only(values) => format!("only {} is allowed", either(values.iter().copied())),
        // Limits of the producer, which do not apply to the requests of the consumer.
        AtMost(_) if target == Side::Consumer => return None,
        AtMost(most) if value.parse().is_ok_and(|number: i64| number <= *most) => return None,
        AtMost(most) => format!("at most `{most}` is allowed"),
    };
    Some(format!("{what}: {}", entry.why))
}

const COMMITS: &str = "kafka-service commits offsets itself, once all earlier records are finished";
const IDEMPOTENCE: &str = "required by the idempotent producer; otherwise a retry can duplicate or reorder events";
const GIVING_UP: &str =
    "kafka-service retries delivery as long as the service runs; an abandoned event would be lost or out of order";
const TRANSACTIONS: &str = "transactions are not supported by this version";
const OWN_CALLS: &str = "kafka-service handles the client's events and logs itself";

#[rustfmt::skip]
const RESERVED: &[Reserved] = &[
    // Replaced by our settings.
    reserved("bootstrap.servers", Nothing, "use `KAFKA_BOOTSTRAP_SERVERS` (`bootstrap_servers`), for both clients"),
    reserved("group.id", Nothing, "use `KAFKA_GROUP_ID` (`group_id`)"),
    reserved("group.protocol", Nothing, "use `KAFKA_GROUP_PROTOCOL` (`group_protocol`)"),
    reserved("allow.auto.create.topics", Only(&["false"]),
        "use `KAFKA_CREATE_TOPICS` (`create_topics`); automatic creation hides a misspelled topic name"),
    // Needed for at-least-once delivery.
    reserved("enable.auto.commit", Only(&["false"]), COMMITS),
    reserved("enable.auto.offset.store", Only(&["false"]), COMMITS),
    reserved("auto.commit.interval.ms", Nothing, COMMITS),
    reserved("offset.store.method", Only(&["broker"]), COMMITS),
    reserved("offset.store.path", Nothing, COMMITS),
    reserved("offset.store.sync.interval.ms", Nothing, COMMITS),
    reserved("auto.offset.reset", Only(&["earliest", "smallest", "beginning", "error"]),
        "starting at the log end offset silently skips earlier records"),
    reserved("acks", Only(&["all", "-1"]), "an event that only the leader has acknowledged is lost if the leader fails"),
    reserved("enable.idempotence", Only(&["true"]), IDEMPOTENCE),
    reserved("max.in.flight.requests.per.connection", AtMost(5), IDEMPOTENCE),
    reserved("queue.buffering.backpressure.threshold", AtMost(1), IDEMPOTENCE),
    reserved("queuing.strategy", Only(&["fifo"]), IDEMPOTENCE),
    reserved("delivery.report.only.error", Only(&["false"]), "offset commits depend on the delivery report of every event"),
    reserved("message.timeout.ms", Only(&["0"]),
        "kafka-service retries delivery as long as the service runs; use `KAFKA_PUBLISH_TIMEOUT` outside handlers"),
    reserved("retries", Only(&["2147483647"]), GIVING_UP),
    reserved("transactional.id", Nothing, TRANSACTIONS),
    reserved("transaction.timeout.ms", Nothing, TRANSACTIONS),
    // Needed for order per key and for rebalances.
    reserved("partitioner", Only(&["murmur2_random"]),
        "all producers must use the same partitioner; `murmur2_random` matches the Java client"),
    reserved("partition.assignment.strategy", Only(&["cooperative-sticky", "range", "roundrobin", "range,roundrobin"]),
        "librdkafka supports no other assignors"),
    reserved("group.protocol.type", Only(&["consumer"]), "groups of another type cannot consume"),
    // Would break the engine, or have no effect.
    reserved("enable.partition.eof", Only(&["true"]), "kafka-service uses the end-of-partition events to track offsets"),
    reserved("builtin.features", Nothing, "it is read-only and lists what the client library was built with"),
    reserved("enabled_events", Nothing, OWN_CALLS),
    reserved("log.queue", Only(&["true"]), OWN_CALLS),
    reserved("log_level", Nothing, "the client's logs go through `tracing`; set the log level with a `tracing` filter"),
];

/// The property with which a client writes its statistics. No client gets it: the wrapper would log them, in lines of
/// 12,000 characters. Accepted with a warning.
pub(super) const STATISTICS: &str = "statistics.interval.ms";

/// Properties of the classic group protocol; with `group.protocol=consumer` librdkafka fails to start with them.
pub(crate) const CLASSIC_ONLY: &[&str] =
    &["session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy", "group.protocol.type"];

/// Properties that only `group.protocol=consumer` reads.
pub(super) const CONSUMER_PROTOCOL_ONLY: &[&str] = &["group.remote.assignor"];

#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    RESERVED.iter().map(|entry| entry.name)
}
