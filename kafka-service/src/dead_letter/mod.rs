//! The record that a message becomes when it cannot be handled: its own bytes, key and headers, and headers that say
//! why and where it came from.
//!
//! All added header values are UTF-8 text. If a record from a dead-letter topic fails again, the origin headers keep
//! their first values; the failure headers are replaced.
//!
//! Parts that do not fit into the dead-letter topic are omitted: the value, the message's own headers or its key, in
//! this order and only as far as necessary. A header holds the size of each omitted part.

use jiff::Timestamp;

use crate::{
    config::topic_flaw,
    message::{Header, Origin},
};

mod fit;
pub mod spring;
#[cfg(test)]
mod tests;

pub(crate) use fit::{Omitted, can_shrink, fitted};

/// The topic from which the message was consumed.
pub const TOPIC: &str = "dlq.topic";
/// The partition from which the message was consumed, in decimal.
pub const PARTITION: &str = "dlq.partition";
/// The offset of the message, in decimal.
pub const OFFSET: &str = "dlq.offset";
/// The message's own timestamp, in milliseconds since the Unix epoch. Absent if the record had none.
pub const TIMESTAMP: &str = "dlq.timestamp";
/// The consumer group that dead-lettered the message.
pub const GROUP: &str = "dlq.group";
/// The name of the command or the type of the event. Absent if no handler was found, for example because the message is
/// invalid or its name is unknown.
pub const TYPE: &str = "dlq.type";
/// The handler of the message, as `` `module::function` (file:line) ``. Absent if no handler was found. Present if the
/// payload does not decode, although the function is then not called.
pub const HANDLER: &str = "dlq.handler";
/// The class of the error, one of the strings of [`Reason`].
pub const ERROR_CLASS: &str = "dlq.error-class";
/// The error message, truncated to 1 KiB.
pub const ERROR_MESSAGE: &str = "dlq.error-message";
/// The number of attempts, in decimal. 0 if no handler was found. A payload that does not decode is one attempt. Always
/// 1 if the broker rejected an event after the handler had finished, however many attempts the handler needed.
pub const ATTEMPTS: &str = "dlq.attempts";
/// When the message was dead-lettered, in RFC 3339 format and UTC.
pub const TIME: &str = "dlq.time";
/// The size of the omitted value in bytes, in decimal. Present only if the value did not fit into the dead-letter
/// topic: the record at the origin is then the only copy, until retention deletes it.
pub const OMITTED_VALUE: &str = "dlq.omitted-value-bytes";
/// The size of the message's own omitted headers in bytes, names and values, in decimal. Present only if they did not
/// fit.
pub const OMITTED_HEADERS: &str = "dlq.omitted-headers-bytes";
/// The size of the omitted key in bytes, in decimal. Present only if the key did not fit.
pub const OMITTED_KEY: &str = "dlq.omitted-key-bytes";

/// Why a message was dead-lettered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The value is not an envelope: not JSON, not an object, or a field is missing or has the wrong type.
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
    /// The broker or the client rejected an event that the handler returned, for example because it is too large.
    EventRefused,
}

impl Reason {
    /// Returns the value of the header [`ERROR_CLASS`].
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

/// The maximum length of an error message in a header and in the log.
pub(crate) const MESSAGE_LIMIT: usize = 1024;

/// Adds the headers about the failure to the message's own.
pub(crate) fn headers(own: Vec<Header>, failed: &Failed<'_>) -> Vec<Header> {
    let first = FirstOrigin::of(&own);
    let mut headers: Vec<Header> = own.into_iter().filter(|(name, _)| !ALL.contains(&name.as_str())).collect();
    let mut add = |name: &str, value: String| headers.push((name.to_owned(), Some(value.into_bytes())));
    match first {
        Some(FirstOrigin(facts)) => facts.into_iter().for_each(|(name, value)| add(name, value)),
        None => {
            add(TOPIC, failed.origin.topic.to_owned());
            add(PARTITION, failed.origin.partition.to_string());
            add(OFFSET, failed.origin.offset.to_string());
            if let Some(timestamp) = failed.origin.timestamp {
                add(TIMESTAMP, timestamp.millis.to_string());
            }
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

/// All of our headers.
const ALL: [&str; 14] = [
    TOPIC,
    PARTITION,
    OFFSET,
    TIMESTAMP,
    GROUP,
    TYPE,
    HANDLER,
    ERROR_CLASS,
    ERROR_MESSAGE,
    ATTEMPTS,
    TIME,
    OMITTED_VALUE,
    OMITTED_HEADERS,
    OMITTED_KEY,
];

/// The origin of a message that was dead-lettered before, and what was omitted from it.
struct FirstOrigin(Vec<(&'static str, String)>);

impl FirstOrigin {
    /// These headers may have been written by another program, so only plausible values count.
    fn of(headers: &[Header]) -> Option<Self> {
        let text = |wanted: &str| {
            let (_, value) = headers.iter().find(|(name, _)| name == wanted)?;
            std::str::from_utf8(value.as_deref()?).ok()
        };
        let number = |name| text(name)?.parse::<i64>().ok().map(|number| number.to_string());
        let topic = text(TOPIC).filter(|topic| topic_flaw(topic).is_none())?.to_owned();
        let mut facts = vec![(TOPIC, topic), (PARTITION, number(PARTITION)?), (OFFSET, number(OFFSET)?)];
        let others = [TIMESTAMP, OMITTED_VALUE, OMITTED_HEADERS, OMITTED_KEY];
        facts.extend(others.into_iter().filter_map(|name| Some((name, number(name)?))));
        Some(Self(facts))
    }
}

fn cut(message: &str) -> &str {
    &message[..message.floor_char_boundary(MESSAGE_LIMIT)]
}
