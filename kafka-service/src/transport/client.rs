//! What the driver requires of a consuming client.

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

/// What happened since the client was last polled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClientEvent {
    /// The group assigns these partitions. The answer is [`Client::assign`].
    Assigned(Vec<TopicPartition>),
    /// The group revokes these partitions. The answer, once they are drained, is [`Client::unassign`]; the group waits
    /// for it. If they are lost, they may already be assigned to another member.
    Revoked { partitions: Vec<TopicPartition>, lost: bool },
    /// The broker has answered a commit: accepted or rejected it.
    Committed(CommitAnswer),
    /// The client left these out of an acknowledged commit, because their committed offset is not below the stored one.
    NotNewer(Vec<TopicPartition>),
    /// This position is out of range; the client resets to the log start offset.
    OffsetOutOfRange(TopicPartition, i64),
    /// The broker does not support what the client needs to join the group.
    GroupRefused(GroupRefusal),
    /// Permission to read the group is missing.
    GroupDenied(String),
    /// The client has failed, and a new one would fail in the same way.
    Fatal(String),
    /// The client has failed; a new one can continue.
    Ended(String),
}

/// What a broker does not support.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupRefusal {
    /// The requested group protocol.
    Protocol,
    /// The requested assignor.
    Assignor,
}

/// Arrives in place of a record: a partition cannot be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FetchError {
    pub(crate) kind: FetchErrorKind,
    pub(crate) cause: String,
}

/// Where to continue reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    Offset(i64),
    /// The log start offset, whatever it is.
    LogStart,
}

/// The broker's answer to a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CommitAnswer {
    /// The committed offsets, which are the next to read.
    Accepted(Vec<(TopicPartition, i64)>),
    /// The partitions for which nothing was committed, and the reason.
    Refused(Vec<TopicPartition>, String),
}

/// What a partition that cannot be fetched waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FetchErrorKind {
    /// Permission to read its topic.
    Denied,
    /// An offset to read from: the client does not choose one, and does not continue by itself.
    NoOffset,
    /// Its broker or its topic; the client keeps trying.
    Passing,
}

/// One assigned partition at this moment, as the driver shows it to the code that monitors its client.
#[derive(Clone, Debug)]
pub(crate) struct PartitionView<'a> {
    pub(crate) name: &'a TopicPartition,
    /// The number of records received in this assignment.
    pub(crate) received: u64,
    /// The offset after the last record that was received, if there was one.
    pub(crate) next_offset: Option<i64>,
    /// Whether it is deliberately not fetched because its window is full.
    pub(crate) is_throttled: bool,
    /// Whether it is not fetched because it has no offset to read from, whatever its broker answers.
    pub(crate) is_stopped: bool,
}

/// A member of a consumer group. No call blocks for longer than its `wait`.
pub(crate) trait Client {
    type Record: Record;

    /// Polls the client, for at most `wait` if there is nothing to do.
    fn serve(&mut self, wait: Duration) -> Vec<ClientEvent>;

    /// Returns everything that happened before the records that were just taken. A partition that had no record before
    /// may have been reset, and these are its first records.
    fn catch_up(&mut self) -> Vec<ClientEvent> {
        self.serve(Duration::ZERO)
    }

    /// Takes records of the assigned partitions, in order of offset for each. Waits at most `wait` for the first.
    fn take(&mut self, limit: usize, wait: Duration) -> Vec<Self::Record>;

    /// Identifies the partition of a record: cheap, and the same for all of its records while it is assigned.
    fn handle(record: &Self::Record) -> (usize, i32);

    /// The topic of a record.
    fn topic(record: &Self::Record) -> String;

    /// The error that arrives in place of a record when its partition cannot be fetched.
    fn error(record: &Self::Record) -> Option<FetchError>;

    /// The log end offset that arrives in place of a record, after everything before it was taken.
    fn log_end(_: &Self::Record) -> Option<i64> {
        None
    }

    fn assign(&mut self, partitions: &[TopicPartition]);

    fn unassign(&mut self, partitions: &[TopicPartition]);

    /// Whether the assignment is lost: another member may already have it.
    fn is_lost(&self) -> bool;

    /// Starts a commit. It must never affect a partition that is not assigned, nor move a committed offset backwards.
    /// The answer arrives as an event, or never.
    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) -> Result<(), String>;

    /// Starts a commit that may move the committed offset backwards, because the log did. Only for assigned partitions,
    /// outside of rebalances, and while no other commit is in flight.
    fn commit_back(&mut self, offsets: &[(TopicPartition, i64)]) -> Result<(), String>;

    /// Continues reading at these offsets, regardless of what was fetched. For a paused partition it takes effect when
    /// the pause ends.
    fn seek(&mut self, positions: &[(TopicPartition, Position)]);

    /// Stops delivering records of these partitions. What is already fetched is kept, and may still be delivered.
    fn hold(&mut self, partitions: &[TopicPartition]);

    /// Ends a hold.
    fn release(&mut self, partitions: &[TopicPartition]);

    /// Stops fetching these partitions and discards what is fetched.
    fn pause(&mut self, partitions: &[TopicPartition]);

    /// Ends a pause.
    fn resume(&mut self, partitions: &[TopicPartition]);

    /// Leaves the group: every partition will be revoked.
    fn unsubscribe(&mut self);

    /// Ends the client. `sound` is false if it has failed, so that closing it could hang. `free` is true if none of its
    /// records is in use.
    fn close(self, sound: bool, free: bool)
    where
        Self: Sized,
    {
        let _ = (sound, free);
    }
}
