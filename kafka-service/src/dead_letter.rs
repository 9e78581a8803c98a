//! The record that a message becomes when it cannot be handled: its own bytes, key and headers, and headers that say why
//! and where it came from. Pure.
//!
//! All added header values are UTF-8 text. A record that comes from a dead-letter topic and fails again keeps the origin
//! that it had first; what describes the failure is replaced.

use jiff::Timestamp;

use crate::message::{Header, Origin, StoredRecord};

/// Topic from which the message was consumed.
pub const TOPIC: &str = "dlq.topic";
/// Partition from which the message was consumed, in decimal.
pub const PARTITION: &str = "dlq.partition";
/// Offset at which the message stood, in decimal.
pub const OFFSET: &str = "dlq.offset";
/// The message's own timestamp, in milliseconds since the Unix epoch; left out where the record had none.
pub const TIMESTAMP: &str = "dlq.timestamp";
/// Consumer group that gave up on the message.
pub const GROUP: &str = "dlq.group";
/// Name of the command, or type of the event; left out where no handler was called.
pub const TYPE: &str = "dlq.type";
/// Handler that failed, as `module::function (file:line)`; left out where none was called.
pub const HANDLER: &str = "dlq.handler";
/// Class of the error, one of the texts of [`Reason`].
pub const ERROR_CLASS: &str = "dlq.error-class";
/// The error, at most 1 KiB of it.
pub const ERROR_MESSAGE: &str = "dlq.error-message";
/// How many attempts were made, in decimal; 0 where no handler was called.
pub const ATTEMPTS: &str = "dlq.attempts";
/// When the message was dead-lettered, RFC 3339 in UTC.
pub const TIME: &str = "dlq.time";
/// Size of the value in bytes, in decimal. Present only where the value did not fit into the dead-letter topic and is
/// left out: then the record at the origin is the only copy, until retention takes it.
pub const OMITTED_VALUE: &str = "dlq.omitted-value-bytes";

/// The headers that Spring for Apache Kafka writes (its `KafkaHeaders`, names `DLT_*`), with its encodings: numbers are
/// big-endian binary. Written beside ours where `KAFKA_DEAD_LETTER_HEADERS` is `spring`.
pub mod spring {
    /// Topic, UTF-8.
    pub const TOPIC: &str = "kafka_dlt-original-topic";
    /// Partition, 4 bytes.
    pub const PARTITION: &str = "kafka_dlt-original-partition";
    /// Offset, 8 bytes.
    pub const OFFSET: &str = "kafka_dlt-original-offset";
    /// Milliseconds since the Unix epoch, 8 bytes.
    pub const TIMESTAMP: &str = "kafka_dlt-original-timestamp";
    /// `CreateTime`, UTF-8.
    pub const TIMESTAMP_TYPE: &str = "kafka_dlt-original-timestamp-type";
    /// Consumer group, UTF-8.
    pub const GROUP: &str = "kafka_dlt-original-consumer-group";
    /// Class of the error as in [`ERROR_CLASS`](super::ERROR_CLASS), UTF-8.
    pub const ERROR_CLASS: &str = "kafka_dlt-exception-fqcn";
    /// The error, UTF-8.
    pub const ERROR_MESSAGE: &str = "kafka_dlt-exception-message";

    pub(super) const ALL: [&str; 8] =
        [TOPIC, PARTITION, OFFSET, TIMESTAMP, TIMESTAMP_TYPE, GROUP, ERROR_CLASS, ERROR_MESSAGE];
}

/// Why a message was dead-lettered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The value is no envelope: not JSON, not an object, or a member is missing or has the wrong type.
    InvalidEnvelope,
    /// No handler has this name and `KAFKA_UNKNOWN_COMMANDS` is `dead-letter`.
    UnknownCommand,
    /// The payload does not decode into the handler's type.
    UndecodablePayload,
    /// The handler returned a retryable error on its last attempt.
    HandlerError,
    /// The handler returned a permanent error.
    PermanentError,
    /// The handler panicked on its last attempt.
    Panic,
    /// The handler did not finish within its timeout on its last attempt.
    Timeout,
    /// An event that the handler returned was refused, for example because it is too large.
    EventRefused,
}

impl Reason {
    /// The text in the header [`ERROR_CLASS`].
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidEnvelope => "invalid-envelope",
            Self::UnknownCommand => "unknown-command",
            Self::UndecodablePayload => "undecodable-payload",
            Self::HandlerError => "handler-error",
            Self::PermanentError => "permanent-error",
            Self::Panic => "panic",
            Self::Timeout => "timeout",
            Self::EventRefused => "event-refused",
        }
    }
}

/// What is known about the failure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed<'a> {
    pub(crate) origin: Origin<'a>,
    pub(crate) group: &'a str,
    pub(crate) kind: Option<&'a str>,
    pub(crate) handler: Option<&'a str>,
    pub(crate) reason: Reason,
    pub(crate) message: &'a str,
    pub(crate) attempts: u32,
    pub(crate) time: Timestamp,
}

/// How much of an error message goes into a header, and into the log.
pub(crate) const MESSAGE_LIMIT: usize = 1024;

/// Adds the facts to the message's own headers.
pub(crate) fn headers(own: Vec<Header>, failed: &Failed<'_>) -> Vec<Header> {
    let has_origin = own.iter().any(|(name, _)| name == TOPIC);
    let mut headers: Vec<Header> = own.into_iter().filter(|(name, _)| !is_replaced(name)).collect();
    let mut add = |name: &str, value: String| headers.push((name.to_owned(), Some(value.into_bytes())));
    if !has_origin {
        add(TOPIC, failed.origin.topic.to_owned());
        add(PARTITION, failed.origin.partition.to_string());
        add(OFFSET, failed.origin.offset.to_string());
        if let Some(timestamp) = failed.origin.timestamp {
            add(TIMESTAMP, timestamp.to_string());
        }
    }
    add(GROUP, failed.group.to_owned());
    if let Some(kind) = failed.kind {
        add(TYPE, kind.to_owned());
    }
    if let Some(handler) = failed.handler {
        add(HANDLER, handler.to_owned());
    }
    add(ERROR_CLASS, failed.reason.as_str().to_owned());
    add(ERROR_MESSAGE, cut(failed.message).to_owned());
    add(ATTEMPTS, failed.attempts.to_string());
    add(TIME, format!("{:.3}", failed.time));
    headers
}

/// Adds what Spring would have written.
pub(crate) fn add_spring(headers: &mut Vec<Header>, failed: &Failed<'_>) {
    headers.retain(|(name, _)| !spring::ALL.contains(&name.as_str()));
    let mut add = |name: &str, value: &[u8]| headers.push((name.to_owned(), Some(value.to_vec())));
    add(spring::TOPIC, failed.origin.topic.as_bytes());
    add(spring::PARTITION, &failed.origin.partition.to_be_bytes());
    add(spring::OFFSET, &failed.origin.offset.to_be_bytes());
    if let Some(timestamp) = failed.origin.timestamp {
        add(spring::TIMESTAMP, &timestamp.to_be_bytes());
        add(spring::TIMESTAMP_TYPE, b"CreateTime");
    }
    add(spring::GROUP, failed.group.as_bytes());
    add(spring::ERROR_CLASS, failed.reason.as_str().as_bytes());
    add(spring::ERROR_MESSAGE, cut(failed.message).as_bytes());
}

fn is_replaced(name: &str) -> bool {
    [GROUP, TYPE, HANDLER, ERROR_CLASS, ERROR_MESSAGE, ATTEMPTS, TIME, OMITTED_VALUE].contains(&name)
}

/// The same record without its value, for a dead-letter topic that does not take records of this size.
pub(crate) fn without_value(mut record: StoredRecord) -> StoredRecord {
    let size = record.value.take().map_or(0, |value| value.len());
    record.headers.push((OMITTED_VALUE.to_owned(), Some(size.to_string().into_bytes())));
    record
}

fn cut(message: &str) -> &str {
    &message[..message.floor_char_boundary(MESSAGE_LIMIT)]
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn failed<'a>(message: &'a str, handler: Option<&'a str>) -> Failed<'a> {
        Failed {
            origin: Origin {
                topic: "commands",
                partition: 3,
                offset: 4711,
                key: None,
                timestamp: Some(1_700_000_000_123),
            },
            group: "user-service-group",
            kind: handler.map(|_| "create_user"),
            handler,
            reason: Reason::HandlerError,
            message,
            attempts: 5,
            time: Timestamp::from_millisecond(1_795_000_000_456).unwrap(),
        }
    }

    fn texts(headers: &[Header]) -> HashMap<&str, &str> {
        headers
            .iter()
            .map(|(name, value)| (name.as_str(), std::str::from_utf8(value.as_deref().unwrap()).unwrap()))
            .collect()
    }

    #[test]
    fn every_header_says_what_its_name_says() {
        let headers = headers(Vec::new(), &failed("no stock", Some("shop::reserve (src/shop.rs:7)")));
        let expected = HashMap::from([
            (TOPIC, "commands"),
            (PARTITION, "3"),
            (OFFSET, "4711"),
            (TIMESTAMP, "1700000000123"),
            (GROUP, "user-service-group"),
            (TYPE, "create_user"),
            (HANDLER, "shop::reserve (src/shop.rs:7)"),
            (ERROR_CLASS, "handler-error"),
            (ERROR_MESSAGE, "no stock"),
            (ATTEMPTS, "5"),
            (TIME, "2026-11-18T11:06:40.456Z"),
        ]);
        assert_eq!(texts(&headers), expected);
    }

    #[test]
    fn a_second_failure_keeps_the_first_origin_and_replaces_the_failure() {
        let first = headers(vec![("trace".into(), Some(b"t".to_vec()))], &failed("first", Some("a (b:1)")));
        let mut second = failed("second", None);
        second.origin.topic = "commands-dlq";
        second.reason = Reason::Panic;
        let again = headers(first, &second);
        let texts = texts(&again);
        assert_eq!(texts.len(), again.len(), "no header stands twice");
        assert_eq!((texts[TOPIC], texts[OFFSET], texts["trace"]), ("commands", "4711", "t"));
        assert_eq!((texts[ERROR_MESSAGE], texts[ERROR_CLASS]), ("second", "panic"));
        assert!(!texts.contains_key(HANDLER));
    }

    #[test]
    fn springs_headers_have_springs_encodings() {
        let mut headers = vec![(spring::OFFSET.to_owned(), Some(vec![0; 8]))];
        add_spring(&mut headers, &failed("no stock", None));
        let expected: [(&str, &[u8]); 8] = [
            ("kafka_dlt-original-topic", b"commands"),
            ("kafka_dlt-original-partition", &[0, 0, 0, 3]),
            ("kafka_dlt-original-offset", &[0, 0, 0, 0, 0, 0, 0x12, 0x67]),
            ("kafka_dlt-original-timestamp", &1_700_000_000_123_i64.to_be_bytes()),
            ("kafka_dlt-original-timestamp-type", b"CreateTime"),
            ("kafka_dlt-original-consumer-group", b"user-service-group"),
            ("kafka_dlt-exception-fqcn", b"handler-error"),
            ("kafka_dlt-exception-message", b"no stock"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), Some(value.to_vec())));
        assert_eq!(headers, expected);
    }

    #[test]
    fn a_record_without_its_value_says_how_large_it_was() {
        let record =
            StoredRecord { value: Some(vec![0; 2_000_000]), key: None, offset: 1, timestamp: None, headers: vec![] };
        let record = without_value(record);
        assert_eq!(record.value, None);
        assert_eq!(record.headers, [(OMITTED_VALUE.to_owned(), Some(b"2000000".to_vec()))]);
    }

    proptest! {
        #[test]
        fn a_long_message_is_cut_between_characters(message in "\\PC{0,2000}") {
            let headers = headers(Vec::new(), &failed(&message, None));
            let text = texts(&headers)[ERROR_MESSAGE].to_owned();
            prop_assert!(text.len() <= MESSAGE_LIMIT && message.starts_with(&text));
            prop_assert!(text.len() + 4 > message.len().min(MESSAGE_LIMIT));
        }
    }
}
