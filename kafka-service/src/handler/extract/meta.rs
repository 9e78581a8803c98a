//! [`Meta`]: where a message is in Kafka, and the number of the attempt.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{FromContext, built_in};
use crate::{
    handler::{Context, Details, HandlerError, Needs},
    message::envelope::parse_timestamp,
};

/// Where the message is in Kafka, who sent it, and the number of the attempt.
#[derive(Clone)]
pub struct Meta(Arc<Details>);

impl Meta {
    pub(crate) fn details(&self) -> &Details {
        &self.0
    }

    /// Returns the topic that the message was consumed from.
    #[must_use]
    pub fn topic(&self) -> &str {
        self.0.origin().topic
    }

    /// Returns the partition that the message was consumed from.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.0.origin().partition
    }

    /// Returns the offset of the message in its partition.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.0.origin().offset
    }

    /// Returns the record key.
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        self.0.origin().key
    }

    /// Returns when the message was sent: its own `timestamp`, or the timestamp of the record. A `timestamp` without a
    /// time zone is UTC, as Python writes it; a number is milliseconds since the Unix epoch.
    #[must_use]
    pub fn timestamp(&self) -> Option<SystemTime> {
        self.0
            .timestamp()
            .and_then(parse_timestamp)
            .or_else(|| self.0.origin().timestamp.and_then(|time| from_millis(time.millis)))
    }

    /// Returns the number of the attempt: 1 for the first call of the handler, 2 for the first retry, and so on.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// Returns the service that sent the message, if it is present. A number is returned as a string; a value of any
    /// other type is treated as absent.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.0.source()
    }

    /// Returns the id of the message, if it is present. It is the same after a redelivery. A number is returned as a
    /// string; a value of any other type is treated as absent.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.0.id()
    }
}

impl fmt::Debug for Meta {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Meta")
            .field("topic", &self.topic())
            .field("partition", &self.partition())
            .field("offset", &self.offset())
            .field("key", &self.key().map(String::from_utf8_lossy))
            .field("timestamp", &self.timestamp())
            .field("attempt", &self.attempt())
            .field("source", &self.source())
            .field("message_id", &self.message_id())
            .finish()
    }
}

impl FromContext for Meta {
    built_in!();

    fn extract(context: &Context<'_>) -> Result<Self, HandlerError> {
        Ok(Self(context.details()))
    }

    fn needs(_: &mut Needs) {}
}

fn from_millis(millis: i64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(millis).ok()?))
}
