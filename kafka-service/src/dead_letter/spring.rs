//! The headers that Spring for Apache Kafka writes (its `KafkaHeaders`, names `DLT_*`), with its encodings: numbers are
//! big-endian binary. Written in addition to ours if `KAFKA_DEAD_LETTER_HEADERS` is `spring`.
//!
//! As with Spring, if a message fails again, the origin headers keep their first values, and new ones with the same
//! names are added after them (Spring reads the last); the failure headers are replaced.

use super::{Failed, cut};
use crate::message::{Header, SetBy};

/// Topic, UTF-8.
pub const TOPIC: &str = "kafka_dlt-original-topic";
/// Partition, 4 bytes.
pub const PARTITION: &str = "kafka_dlt-original-partition";
/// Offset, 8 bytes.
pub const OFFSET: &str = "kafka_dlt-original-offset";
/// Milliseconds since the Unix epoch, 8 bytes; -1 if the record had no timestamp.
pub const TIMESTAMP: &str = "kafka_dlt-original-timestamp";
/// `CreateTime`, `LogAppendTime` or `NoTimestampType`, UTF-8.
pub const TIMESTAMP_TYPE: &str = "kafka_dlt-original-timestamp-type";
/// Consumer group, UTF-8.
pub const GROUP: &str = "kafka_dlt-original-consumer-group";
/// Class of the error as in [`ERROR_CLASS`](super::ERROR_CLASS), UTF-8.
pub const ERROR_CLASS: &str = "kafka_dlt-exception-fqcn";
/// The same, UTF-8. In Spring, this is the class of the exception of the listener, and [`ERROR_CLASS`] that of Spring's
/// wrapper around it.
pub const CAUSE_CLASS: &str = "kafka_dlt-exception-cause-fqcn";
/// The error, UTF-8.
pub const ERROR_MESSAGE: &str = "kafka_dlt-exception-message";
/// The error with its class, and the handler instead of a stack trace, UTF-8.
pub const STACK_TRACE: &str = "kafka_dlt-exception-stacktrace";

const OF_THE_ORIGIN: [&str; 6] = [TOPIC, PARTITION, OFFSET, TIMESTAMP, TIMESTAMP_TYPE, GROUP];
/// The last three are about keys that could not be deserialized. Here a key is bytes, so they can only be from an
/// earlier failure.
const OF_THE_FAILURE: [&str; 7] = [
    ERROR_CLASS,
    CAUSE_CLASS,
    ERROR_MESSAGE,
    STACK_TRACE,
    "kafka_dlt-key-exception-fqcn",
    "kafka_dlt-key-exception-message",
    "kafka_dlt-key-exception-stacktrace",
];

pub(super) fn is_one(name: &str) -> bool {
    OF_THE_ORIGIN.contains(&name) || OF_THE_FAILURE.contains(&name)
}

/// Adds the headers that Spring would write.
pub(crate) fn add(headers: &mut Vec<Header>, failed: &Failed<'_>) {
    headers.retain(|(name, _)| !OF_THE_FAILURE.contains(&name.as_str()));
    let mut add = |name: &str, value: &[u8]| headers.push((name.to_owned(), Some(value.to_vec())));
    let (origin, class, message) = (failed.origin, failed.reason.as_str(), cut(failed.message));
    add(TOPIC, origin.topic.as_bytes());
    add(PARTITION, &origin.partition.to_be_bytes());
    add(OFFSET, &origin.offset.to_be_bytes());
    add(TIMESTAMP, &origin.timestamp.map_or(-1, |timestamp| timestamp.millis).to_be_bytes());
    let timestamp_type = match origin.timestamp.map(|timestamp| timestamp.set_by) {
        Some(SetBy::Producer) => "CreateTime",
        Some(SetBy::Broker) => "LogAppendTime",
        None => "NoTimestampType",
    };
    add(TIMESTAMP_TYPE, timestamp_type.as_bytes());
    add(GROUP, failed.group.as_bytes());
    add(ERROR_CLASS, class.as_bytes());
    add(CAUSE_CLASS, class.as_bytes());
    add(ERROR_MESSAGE, message.as_bytes());
    let handler = failed.handler.map(|handler| format!("\n\tat {handler}")).unwrap_or_default();
    add(STACK_TRACE, format!("{class}: {message}{handler}").as_bytes());
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{
        dead_letter::Reason,
        message::{Origin, RecordTime},
    };

    fn failed(timestamp: Option<RecordTime>, offset: i64) -> Failed<'static> {
        Failed {
            origin: Origin { topic: "commands", partition: 3, offset, key: None, timestamp },
            group: "user-service-group",
            kind: Some("create_user"),
            handler: Some("shop::reserve (src/shop.rs:7)"),
            reason: Reason::HandlerError,
            message: "no stock",
            attempts: 5,
            time: Timestamp::UNIX_EPOCH,
        }
    }

    fn value<'a>(headers: &'a [Header], wanted: &str) -> &'a [u8] {
        headers.iter().rev().find(|(name, _)| name == wanted).and_then(|(_, value)| value.as_deref()).unwrap()
    }

    #[test]
    fn the_headers_have_springs_names_and_encodings() {
        let mut headers = Vec::new();
        add(&mut headers, &failed(Some(RecordTime::of_producer(1_700_000_000_123)), 4711));
        let expected: [(&str, &[u8]); 10] = [
            ("kafka_dlt-original-topic", b"commands"),
            ("kafka_dlt-original-partition", &[0, 0, 0, 3]),
            ("kafka_dlt-original-offset", &[0, 0, 0, 0, 0, 0, 0x12, 0x67]),
            ("kafka_dlt-original-timestamp", &1_700_000_000_123_i64.to_be_bytes()),
            ("kafka_dlt-original-timestamp-type", b"CreateTime"),
            ("kafka_dlt-original-consumer-group", b"user-service-group"),
            ("kafka_dlt-exception-fqcn", b"handler-error"),
            ("kafka_dlt-exception-cause-fqcn", b"handler-error"),
            ("kafka_dlt-exception-message", b"no stock"),
            ("kafka_dlt-exception-stacktrace", b"handler-error: no stock\n\tat shop::reserve (src/shop.rs:7)"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), Some(value.to_vec())));
        assert_eq!(headers, expected);
    }

    #[test]
    fn the_timestamp_type_is_that_of_the_record() {
        let mut headers = Vec::new();
        add(&mut headers, &failed(Some(RecordTime { millis: 5, set_by: SetBy::Broker }), 1));
        assert_eq!(value(&headers, TIMESTAMP_TYPE), b"LogAppendTime");
        add(&mut headers, &failed(None, 1));
        assert_eq!(value(&headers, TIMESTAMP_TYPE), b"NoTimestampType");
        assert_eq!(value(&headers, TIMESTAMP), (-1_i64).to_be_bytes());
    }

    #[test]
    fn a_second_failure_keeps_the_origin_and_appends_the_error() {
        let mut headers = vec![("kafka_dlt-key-exception-fqcn".to_owned(), Some(b"old".to_vec()))];
        add(&mut headers, &failed(None, 1));
        add(&mut headers, &failed(None, 2));
        let count = |wanted: &str| headers.iter().filter(|(name, _)| name == wanted).count();
        assert!(OF_THE_ORIGIN.iter().all(|name| count(name) == 2));
        assert!(OF_THE_FAILURE[..4].iter().all(|name| count(name) == 1));
        assert_eq!(count("kafka_dlt-key-exception-fqcn"), 0);
        assert_eq!(value(&headers, OFFSET), 2_i64.to_be_bytes(), "the last is the latest");
    }
}
