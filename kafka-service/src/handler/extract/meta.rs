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

    /// The topic that the message was read from.
    #[must_use]
    pub fn topic(&self) -> &str {
        self.0.origin().topic
    }

    /// The partition that the message was read from.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.0.origin().partition
    }

    /// The offset of the message in its partition.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.0.origin().offset
    }

    /// The record key.
    #[must_use]
    pub fn key(&self) -> Option<&[u8]> {
        self.0.origin().key
    }

    /// When the message was sent: its own `timestamp`, else that of the record. A `timestamp` without a zone is UTC, as
    /// Python writes it; a number is milliseconds since the Unix epoch.
    #[must_use]
    pub fn timestamp(&self) -> Option<SystemTime> {
        self.0
            .timestamp()
            .and_then(parse_timestamp)
            .or_else(|| self.0.origin().timestamp.and_then(|time| from_millis(time.millis)))
    }

    /// The number of the attempt: 1 for the first call of the handler, 2 for the first retry, and so on.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.0.attempt
    }

    /// The service that sent the message, if the message has it as text or as a number.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.0.source()
    }

    /// The id of the message, if it has one. It is the same after a redelivery. A number is returned as text; a value
    /// of any other type counts as absent.
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
