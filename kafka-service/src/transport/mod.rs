//! The seam between the engine and a broker. Only what stands behind it names a client library.

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::{commit::Token, message::StoredRecord};

#[cfg(feature = "kafka")]
pub(crate) mod kafka;
mod stored;

pub(crate) use stored::Stored;

/// A topic that the service writes to, by its place in the producer's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TopicId(pub(crate) usize);

/// A record on its way out. The producer copies it before it returns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutRecord<'a> {
    pub(crate) topic: TopicId,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) value: Option<&'a [u8]>,
    pub(crate) headers: &'a [(String, Option<Vec<u8>>)],
}

/// Hands records to the broker. Nothing here waits: acknowledgements come back through `Acks`.
pub(crate) trait Producer: Send + Sync + 'static {
    /// Takes a record; its acknowledgement, or its failure, will carry the token. Full while `Acks::is_held`.
    fn send(&self, record: &OutRecord<'_>, token: Token) -> Result<(), SendError>;

    /// The place of a topic; one that this producer has never written to is added, or the reason why it cannot be.
    fn topic(&self, name: &str) -> Result<TopicId, String> {
        Err(format!("this producer does not write to topic `{name}`"))
    }

    /// A topic's name.
    fn topic_name(&self, topic: TopicId) -> String {
        format!("topic {}", topic.0)
    }

    /// The size of a record beyond which the producer itself refuses it, if there is one.
    fn largest(&self) -> Option<usize> {
        None
    }

    /// There is nothing more to send right now: what lingers in the hope of a fuller batch may go.
    fn idle(&self);

    /// Makes a new producer if this one has ended. What was not acknowledged comes back as undelivered.
    fn renew(&self) {}

    /// Waits until everything is acknowledged or the time is over; the number of records that are not.
    fn flush(&self, timeout: Duration) -> usize;
}

/// Reads a single record once more, when its command has to be dead-lettered after its memory is gone.
pub(crate) trait ReadBack: Send + Sync + 'static {
    /// The record at this position; `None` if retention has taken it.
    fn read(
        &self,
        topic: &str,
        partition: i32,
        offset: i64,
    ) -> BoxFuture<'static, Result<Option<StoredRecord>, String>>;
}

/// Why a producer took no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    /// There will be room when acknowledgements come in.
    #[error("the producer queue is full")]
    QueueFull,
    /// For this producer; no broker was asked.
    #[error("{0}")]
    TooLarge(String),
    #[error("{reason}")]
    Refused { code: String, reason: String },
    /// The producer has ended; only a new one can go on.
    #[error("the producer failed: {0}")]
    Fatal(String),
}

impl SendError {
    /// Nothing that a client has a name for.
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

/// A record that the broker did not acknowledge, as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Undelivered {
    pub(crate) topic: TopicId,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
    pub(crate) cause: Cause,
    /// The client's name for the error, such as `NotEnoughReplicas`.
    pub(crate) code: Box<str>,
    /// What it means, for people; the topic is not in it.
    pub(crate) error: String,
}

/// What an acknowledgement's failure says about the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The record is too large for the client or the topic. A smaller one may be taken.
    TooLarge,
    /// The broker will never take this record: it is invalid.
    Record,
    /// The record is fine; the topic, the rights or the cluster are not. Sending it again may work.
    Broker,
    /// The producer has ended.
    Producer,
}

impl Cause {
    /// Whether it is the record's own fault, which no further attempt mends.
    pub(crate) fn is_record(self) -> bool {
        matches!(self, Self::TooLarge | Self::Record)
    }
}
