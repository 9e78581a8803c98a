//! What the driver asks of a consuming client.

use std::{fmt, sync::Arc, time::Duration};

use crate::message::Record;

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TopicPartition {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
}

impl TopicPartition {
    pub(crate) fn new(topic: &str, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}[{}]", self.topic, self.partition)
    }
}

/// What happened since the client was last served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClientEvent {
    /// The group gives us these partitions. Answered with [`Client::assign`].
    Assigned(Vec<TopicPartition>),
    /// The group wants these partitions back. Answered, when they are drained, with [`Client::unassign`]; the group waits
    /// for it. If they are lost they belong to somebody else already.
    Revoked { partitions: Vec<TopicPartition>, lost: bool },
    /// The broker has answered a commit, or refused it.
    Committed(CommitAnswer),
    /// The client has left these out of a commit that is answered, because their committed offset is not below the stored one.
    NotNewer(Vec<TopicPartition>),
    /// The topic does not have this position any more; the client goes on where the partition begins now.
    Overtaken(TopicPartition, i64),
    /// The broker does not speak the group protocol that was asked for.
    ProtocolRefused,
    /// The right to read the group is missing.
    GroupDenied(String),
    /// The client has ended, and a new one would end the same way.
    Fatal(String),
    /// The client has ended; a new one can go on.
    Ended(String),
}

/// Stands in the place of a record: the broker does not let a partition be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FetchError {
    pub(crate) kind: FetchErrorKind,
    pub(crate) cause: String,
}

/// Where to read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    Offset(i64),
    /// Wherever the log begins.
    LogStart,
}

/// The broker's answer to a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CommitAnswer {
    /// Up to these offsets (the next to read).
    Accepted(Vec<(TopicPartition, i64)>),
    /// Nothing of these is committed; the reason.
    Refused(Vec<TopicPartition>, String),
}

/// What a partition that cannot be fetched waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FetchErrorKind {
    /// The right to read its topic.
    Denied,
    /// An offset from which to read: the client does not choose one, and does not go on by itself.
    NoOffset,
    /// Its broker, or its topic; the client goes on trying.
    Passing,
}

/// A member of a consumer group. No call waits, except as long as it is told to.
pub(crate) trait Client {
    type Record: Record;

    /// Lets the client work, at most as long as `wait` if there is nothing to do.
    fn serve(&mut self, wait: Duration) -> Vec<ClientEvent>;

    /// Everything that happened before the records that were just taken. A partition of which nothing came before may have been
    /// reset, and those are its first records.
    fn catch_up(&mut self) -> Vec<ClientEvent> {
        self.serve(Duration::ZERO)
    }

    /// Takes records of the assigned partitions, in order of offset for each; at most `wait` for the first.
    fn take(&mut self, limit: usize, wait: Duration) -> Vec<Self::Record>;

    /// Names a record's partition: the same for each of its records while it is assigned, and cheap to ask.
    fn handle(record: &Self::Record) -> (usize, i32);

    /// The topic of a record.
    fn topic(record: &Self::Record) -> String;

    /// What stands in the place of a record when its partition cannot be fetched.
    fn error(record: &Self::Record) -> Option<FetchError>;

    /// The log end offset of the partition, if that arrives in the place of a record: everything before it was taken.
    fn end(_: &Self::Record) -> Option<i64> {
        None
    }

    fn assign(&mut self, partitions: &[TopicPartition]);

    fn unassign(&mut self, partitions: &[TopicPartition]);

    /// Whether the assignment belongs to somebody else already.
    fn is_lost(&self) -> bool;

    /// Starts a commit. It must never move a partition that is not assigned, nor move one backwards. The answer comes as an
    /// event; it may never come.
    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) -> Result<(), String>;

    /// Starts a commit that may move the committed offset backwards, because the log did. For partitions that are assigned,
    /// outside of rebalances, and while no other commit is on its way.
    fn commit_back(&mut self, offsets: &[(TopicPartition, i64)]) -> Result<(), String>;

    /// Reads on from these offsets, whatever was fetched. Those of a partition that is paused take effect with its end.
    fn seek(&mut self, positions: &[(TopicPartition, Position)]);

    /// Lets no more records of these partitions in. What is fetched already is kept, and may still be taken.
    fn hold(&mut self, partitions: &[TopicPartition]);

    /// Ends a hold.
    fn release(&mut self, partitions: &[TopicPartition]);

    /// Fetches nothing more of these partitions and throws away what is fetched.
    fn pause(&mut self, partitions: &[TopicPartition]);

    /// Ends a pause.
    fn resume(&mut self, partitions: &[TopicPartition]);

    /// Leaves the group: every partition will be revoked.
    fn unsubscribe(&mut self);
}
