//! What the engine requires of a producing client.

use std::time::Duration;

use futures_util::future::BoxFuture;

#[cfg(doc)]
use super::DeliveryReports;
use super::{OutRecord, OwnedRecord, Token, TopicId};

/// Hands records to the broker. Only `flush` waits; acknowledgements arrive through [`DeliveryReports`].
pub(crate) trait Producer: Send + Sync + 'static {
    /// Sends a record. Its acknowledgement or failure will carry the token. The queue is reported as full while
    /// [`DeliveryReports::is_held`].
    fn send(&self, record: &OutRecord<'_>, token: Token) -> Result<(), SendError>;

    /// The id of a topic. A topic that this producer has never written to is added; the error says why it cannot be.
    fn topic(&self, name: &str) -> Result<TopicId, String> {
        Err(format!("this producer does not write to topic `{name}`"))
    }

    /// The name of a topic.
    fn topic_name(&self, topic: TopicId) -> String {
        format!("topic {}", topic.0)
    }

    /// The maximum size of a record for the producer itself, if there is one.
    fn largest(&self) -> Option<usize> {
        None
    }

    /// Completes when a broker is connected. `None` if one is connected already, as far as the client knows.
    fn connected(&self) -> Option<BoxFuture<'_, ()>> {
        None
    }

    /// The last connection error.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// Tells the producer that no more records follow right now, so that lingering records can be sent.
    fn idle(&self);

    /// Creates a new producer if this one has failed. Unacknowledged records come back as undelivered.
    fn renew(&self) {}

    /// Waits until everything is acknowledged or the timeout has passed. Returns the number of unacknowledged records.
    fn flush(&self, timeout: Duration) -> usize;
}

/// Why a producer rejected a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    /// There will be room when acknowledgements arrive.
    #[error("the producer queue is full")]
    QueueFull,
    /// Too large for this producer; the record was not sent to a broker.
    #[error("{0}")]
    TooLarge(String),
    #[error("{reason}")]
    Refused { code: String, reason: String },
    /// The producer has failed; only a new one can continue.
    #[error("the producer failed: {0}")]
    Fatal(String),
}

impl SendError {
    /// An error that has no name in a client.
    pub(crate) fn refused(reason: impl Into<String>) -> Self {
        Self::Refused { code: "Refused".to_owned(), reason: reason.into() }
    }

    pub(crate) fn cause(&self) -> Cause {
        match self {
            Self::TooLarge(_) => Cause::TooLarge,
            Self::Fatal(_) => Cause::Producer,
            Self::QueueFull | Self::Refused { .. } => Cause::Broker,
        }
    }

    /// The client's name for the error.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::QueueFull => "QueueFull",
            Self::TooLarge(_) => "MessageSizeTooLarge",
            Self::Refused { code, .. } => code,
            Self::Fatal(_) => "Fatal",
        }
    }
}

/// A record that was not delivered, as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Undelivered {
    pub(crate) record: OwnedRecord,
    pub(crate) cause: Cause,
    /// The client's name for the error, such as `NotEnoughReplicas`.
    pub(crate) code: Box<str>,
    /// A description of the error for users, without the topic.
    pub(crate) error: String,
}

/// What a failed delivery says about the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The record is too large for the client or the topic. A smaller one may be accepted.
    TooLarge,
    /// The broker will never accept this record: it is invalid.
    Record,
    /// The record is fine; the topic, the permissions or the cluster are not. A retry may succeed.
    Broker,
    /// The producer has failed.
    Producer,
}

impl Cause {
    /// Whether the record itself is at fault, so that no retry can succeed.
    pub(crate) fn is_record(self) -> bool {
        matches!(self, Self::TooLarge | Self::Record)
    }
}
