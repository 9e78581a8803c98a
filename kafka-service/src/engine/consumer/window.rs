//! The window of a partition: how many records it may hold, and when it is throttled.

use std::time::{Duration, Instant};

use crate::offsets::Tracker;

/// The limits of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Uncommitted records.
    pub(super) uncommitted: usize,
    /// Bytes of waiting records: copied because their handler is pending or their key is busy.
    pub(super) waiting_bytes: usize,
}

/// The maximum that all partitions together may keep waiting in memory, apart from what the client has prefetched.
const WAITING_BYTES: usize = 64 * 1024 * 1024;
const MOST_WAITING_BYTES: usize = 16 * 1024 * 1024;
const LEAST_WAITING_BYTES: usize = 128 * 1024;

impl Limits {
    /// Each of `partitions` has an equal share, so that a full one takes nothing from the others.
    pub(super) fn new(uncommitted: usize, partitions: usize) -> Self {
        let share = WAITING_BYTES / partitions.max(1);
        Self { uncommitted, waiting_bytes: share.clamp(LEAST_WAITING_BYTES, MOST_WAITING_BYTES) }
    }

    /// Whether a partition may take another record: there is room in its window and in its share of the memory.
    pub(super) fn have_room(self, tracker: &Tracker) -> bool {
        tracker.uncommitted() < self.uncommitted && tracker.assignment().waiting_bytes() < self.waiting_bytes
    }

    /// Whether half of both limits is free again.
    pub(super) fn are_half_free(self, tracker: &Tracker) -> bool {
        let half = Self { uncommitted: self.uncommitted / 2 + 1, waiting_bytes: self.waiting_bytes / 2 + 1 };
        half.have_room(tracker)
    }
}

/// The state of a throttled partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Throttled {
    pub(super) since: Instant,
    pub(super) paused: bool,
}

/// How long a throttled partition keeps what was prefetched. If its window is full for longer, a handler is slow, and
/// other partitions can make better use of the memory; fetching again costs about half a second.
const PAUSE_AFTER: Duration = Duration::from_secs(2);

impl Throttled {
    pub(super) fn is_due_for_pause(&self, now: Instant) -> bool {
        !self.paused && now.duration_since(self.since) >= PAUSE_AFTER
    }
}
