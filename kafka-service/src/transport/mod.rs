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
        Err(format!("this producer does not write to `{name}`"))
    }

    /// The name of the topic at a place.
    fn topic_name(&self, topic: TopicId) -> String {
        format!("{topic:?}")
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
    #[error("the producer's queue is full")]
    QueueFull,
    #[error("the record is larger than `message.max.bytes` allows: {0}")]
    TooLarge(String),
    #[error("{0}")]
    Refused(String),
    /// The producer has ended; only a new one can go on.
    #[error("the producer has failed: {0}")]
    Fatal(String),
}

/// A record that the broker did not acknowledge, as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Undelivered {
    pub(crate) topic: TopicId,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
    pub(crate) cause: Cause,
    pub(crate) error: String,
}

/// What an acknowledgement's failure says about the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The broker will never take this record: too large, or invalid.
    Record,
    /// The record is fine; the topic, the rights or the cluster are not. Sending it again may work.
    Broker,
    /// The producer has ended.
    Producer,
}
