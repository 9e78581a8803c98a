//! The seam between the engine and a broker. Only what stands behind it names a client library.

use std::time::Duration;

use crate::commit::Token;

#[cfg(feature = "kafka")]
pub(crate) mod kafka;

/// A topic that the service writes to, by its place in the list that the producer was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Takes a record; its acknowledgement, or its failure, will carry the token.
    fn send(&self, record: &OutRecord<'_>, token: Token) -> Result<(), SendError>;

    /// There is nothing more to send right now: what lingers in the hope of a fuller batch may go.
    fn idle(&self);

    /// Waits until everything is acknowledged or the time is over; the number of records that are not.
    fn flush(&self, timeout: Duration) -> usize;
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

impl Undelivered {
    pub(crate) fn as_record(&self) -> OutRecord<'_> {
        OutRecord { topic: self.topic, key: self.key.as_deref(), value: self.value.as_deref(), headers: &self.headers }
    }
}
