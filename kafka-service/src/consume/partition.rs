//! One partition that this member owns.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{FetchErrorKind, TopicPartition};
use crate::commit::{Assignment, Tracker};

/// One partition, from its assignment to its end.
#[derive(Debug)]
pub(super) struct Partition<R> {
    pub(super) name: TopicPartition,
    pub(super) tracker: Tracker,
    /// Since when it takes no more, because its window is full.
    pub(super) hold: Option<Hold>,
    /// Records that arrived while it takes no more, oldest first. They were on their way when the hold began.
    pub(super) aside: VecDeque<R>,
    /// Since when a commit is on its way that the broker has not answered.
    pub(super) unconfirmed_since: Option<Instant>,
    /// The position that was to be read and that the topic does not have any more; the next record tells how many are gone.
    pub(super) overtaken: Option<i64>,
    /// What it waits for if it could not be fetched and no record of it has come since.
    pub(super) fetch_failed: Option<FetchErrorKind>,
}

/// What one partition may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Records beyond the committed position.
    pub(super) uncommitted: usize,
    /// Bytes of records that wait: copied out because their handler is pending or their key is busy.
    pub(super) waiting_bytes: usize,
}

/// What all partitions together may keep waiting in memory, apart from what the client has fetched ahead.
const WAITING_BYTES: usize = 64 * 1024 * 1024;
const MOST_WAITING_BYTES: usize = 16 * 1024 * 1024;
const LEAST_WAITING_BYTES: usize = 128 * 1024;

impl Limits {
    /// Each of `partitions` has its share, so that one that is full takes nothing from another.
    pub(super) fn new(uncommitted: usize, partitions: usize) -> Self {
        let share = WAITING_BYTES / partitions.max(1);
        Self { uncommitted, waiting_bytes: share.clamp(LEAST_WAITING_BYTES, MOST_WAITING_BYTES) }
    }
}

/// A partition that takes no more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    pub(super) since: Instant,
    pub(super) paused: bool,
}

/// How long a held partition keeps what was fetched of it. A window that is full for longer belongs to a handler that takes
/// its time, and the memory is better used by others; to fetch again costs about half a second.
const PAUSE_AFTER: Duration = Duration::from_secs(2);

impl<R> Partition<R> {
    pub(super) fn new(name: TopicPartition, assignment: Arc<Assignment>) -> Self {
        Self {
            name,
            tracker: Tracker::new(assignment),
            hold: None,
            aside: VecDeque::new(),
            unconfirmed_since: None,
            overtaken: None,
            fetch_failed: None,
        }
    }

    /// Whether it may take another record: its window and its share of the memory have room.
    pub(super) fn has_room(&self, limits: Limits) -> bool {
        self.tracker.uncommitted() < limits.uncommitted
            && self.tracker.assignment().waiting_bytes() < limits.waiting_bytes
    }

    /// Says how many records are gone, now that the first of those that are left is here.
    #[cold]
    pub(super) fn report_overtaken(&mut self, first: i64) {
        let Some(position) = self.overtaken.take() else { return };
        let TopicPartition { topic, partition } = &self.name;
        if first >= position {
            tracing::error!(
                topic = %topic,
                partition,
                lost = first - position,
                "{} records were gone before they were handled: the group stood at offset {position}, and the partition \
                 begins at {first} now / help: let the topic keep its records for longer (`retention.ms`), or set \
                 KAFKA_AUTO_OFFSET_RESET=error to stop instead",
                first - position
            );
        } else {
            tracing::error!(
                topic = %topic,
                partition,
                "the group stood at offset {position}, and the partition ended before it: it was made anew, or lost records \
                 in an unclean election; reading on from offset {first}"
            );
        }
    }

    /// Whether half of both is free again.
    pub(super) fn is_half_free(&self, limits: Limits) -> bool {
        self.has_room(Limits { uncommitted: limits.uncommitted / 2 + 1, waiting_bytes: limits.waiting_bytes / 2 + 1 })
    }

    /// Whether it should be paused by now.
    pub(super) fn is_due_for_pause(&self, now: Instant) -> bool {
        self.hold.is_some_and(|hold| !hold.paused && now.duration_since(hold.since) >= PAUSE_AFTER)
    }
}
