//! What it means that a record was rejected: for the engine and for users.

use rdkafka::error::RDKafkaErrorCode as Code;

use crate::{
    health::how_to_create,
    message::Header,
    transport::{Cause, OutRecord, SendError},
};

/// How large a record may be for the client, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct SizeLimits {
    /// `message.max.bytes`.
    pub(super) record: usize,
    /// `queue.buffering.max.kbytes`.
    pub(super) queue: usize,
}

impl SizeLimits {
    pub(super) fn smaller(self) -> usize {
        self.record.min(self.queue)
    }
}

/// Where a record was to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Destination<'a> {
    pub(super) topic: &'a str,
    pub(super) servers: &'a str,
}

/// Why the client itself rejected a record.
#[cold]
pub(super) fn refusal(code: Code, record: &OutRecord<'_>, to: Destination<'_>, limits: SizeLimits) -> SendError {
    let too_large = |limit: usize, setting: &str| {
        let bytes = size(record.key, record.value, record.headers);
        SendError::TooLarge(format!(
            "the record of {bytes} bytes exceeds this client's {setting} of {limit} bytes; it was not sent"
        ))
    };
    match code {
        // There would never be room for it.
        Code::QueueFull if record.value.is_some_and(|value| value.len() > limits.queue) => {
            too_large(limits.queue, "`queue.buffering.max.kbytes` (KAFKA_QUEUE_BUFFERING_MAX_KBYTES)")
        }
        Code::QueueFull => SendError::QueueFull,
        Code::MessageSizeTooLarge => too_large(limits.record, "`message.max.bytes` (KAFKA_MESSAGE_MAX_BYTES)"),
        Code::Fatal => SendError::Fatal(code.to_string()),
        other => SendError::Refused { code: format!("{other:?}"), reason: said(other, to, 0) },
    }
}

/// The size of a record, without the overhead of the protocol.
pub(super) fn size(key: Option<&[u8]>, value: Option<&[u8]>, headers: &[Header]) -> usize {
    let headers = headers.iter().map(|(name, value)| name.len() + value.as_ref().map_or(0, Vec::len));
    key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len) + headers.sum::<usize>()
}

/// What an error of the broker or the client means for a record of this size.
pub(super) fn said(code: Code, to: Destination<'_>, bytes: usize) -> String {
    let help = match code {
        Code::MessageSizeTooLarge => format!(
            ": the record of {bytes} bytes, or its batch, exceeds the topic's `max.message.bytes`"
        ),
        Code::MessageBatchTooLarge => {
            format!(": the record of {bytes} bytes exceeds the topic's `segment.bytes`")
        }
        Code::InvalidTimestamp => ": the record's timestamp is further from the broker's clock than the topic's \
             `message.timestamp.before.max.ms` and `message.timestamp.after.max.ms` allow; check this machine's clock and \
             these settings"
            .to_owned(),
        Code::InvalidRecord => ": possibly a record without a key for a compacted topic".to_owned(),
        Code::UnknownTopic | Code::UnknownTopicOrPartition | Code::UnknownPartition => {
            let command = how_to_create(to.topic, to.servers);
            format!(": the topic does not exist, or DESCRIBE on it is denied; to create it: {command}")
        }
        Code::TopicAuthorizationFailed => ": WRITE on the topic is denied".to_owned(),
        Code::NotEnoughReplicas | Code::NotEnoughReplicasAfterAppend => {
            ": fewer in-sync replicas than the topic's `min.insync.replicas`".to_owned()
        }
        _ => String::new(),
    };
    format!("{code}{help}")
}

pub(super) fn cause(code: Option<Code>) -> Cause {
    match code {
        Some(Code::MessageSizeTooLarge | Code::MessageBatchTooLarge) => Cause::TooLarge,
        // Not `InvalidTimestamp`: its cause is a clock or the topic, which can be fixed, and a record that is sent
        // again has a new timestamp.
        Some(Code::InvalidMessage | Code::InvalidRecord) => Cause::Record,
        Some(Code::Fatal | Code::PurgeQueue | Code::PurgeInflight) => Cause::Producer,
        _ => Cause::Broker,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::TopicId;

    const TO: Destination<'_> = Destination { topic: "orders", servers: "kafka:9092" };

    #[test]
    fn a_too_large_record_names_the_limit_that_rejected_it() {
        let record = OutRecord {
            topic: TopicId(0),
            key: Some(b"key"),
            value: Some(&[0; 1_000]),
            headers: &[("a".to_owned(), Some(vec![0; 10]))],
        };
        let limits = SizeLimits { record: 1_000, queue: 990 };
        let client = refusal(Code::MessageSizeTooLarge, &record, TO, limits).to_string();
        assert!(client.contains("1014 bytes") && client.contains("client's `message.max.bytes`"), "{client}");
        assert!(client.contains("of 1000 bytes"), "{client}");
        let never = refusal(Code::QueueFull, &record, TO, limits);
        assert!(matches!(&never, SendError::TooLarge(reason) if reason.contains("of 990 bytes")), "{never}");
        assert_eq!(refusal(Code::QueueFull, &record, TO, SizeLimits { queue: 1_000, ..limits }), SendError::QueueFull);
        let broker = said(Code::MessageSizeTooLarge, TO, 1_014);
        assert!(broker.contains("1014 bytes") && broker.contains("the topic's `max.message.bytes`"), "{broker}");
        assert!(!broker.contains("client"), "{broker}");
    }

    #[test]
    fn a_missing_topic_comes_with_the_command_that_creates_it() {
        let text = said(Code::UnknownTopic, TO, 0);
        let help =
            "kafka-topics.sh --bootstrap-server kafka:9092 --create --topic orders, or set KAFKA_CREATE_TOPICS=true";
        assert!(text.ends_with(help), "{text}");
    }

    #[test]
    fn an_invalid_timestamp_is_not_blamed_on_the_record() {
        assert_eq!(cause(Some(Code::InvalidTimestamp)), Cause::Broker);
        assert!(said(Code::InvalidTimestamp, TO, 0).contains("clock"));
        assert_eq!(cause(Some(Code::InvalidRecord)), Cause::Record);
        assert_eq!(cause(Some(Code::MessageBatchTooLarge)), Cause::TooLarge);
        assert_eq!(cause(Some(Code::InvalidDifferentRecord)), Cause::Broker, "another record of its batch is to blame");
    }
}
