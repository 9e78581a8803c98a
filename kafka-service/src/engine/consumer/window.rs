//! The window of a partition: how many records it may hold, and when it is throttled.

use std::time::{Duration, Instant};

use super::partition::Partition;

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

impl<R> Partition<R> {
    /// Whether it may take another record: there is room in its window and in its share of the memory.
    pub(super) fn has_room(&self, limits: Limits) -> bool {
        self.tracker.uncommitted() < limits.uncommitted
            && self.tracker.assignment().waiting_bytes() < limits.waiting_bytes
    }

    /// Whether half of both limits is free again.
    pub(super) fn is_half_free(&self, limits: Limits) -> bool {
        self.has_room(Limits { uncommitted: limits.uncommitted / 2 + 1, waiting_bytes: limits.waiting_bytes / 2 + 1 })
    }

    /// Whether it should be paused by now.
    pub(super) fn is_due_for_pause(&self, now: Instant) -> bool {
        self.throttled.is_some_and(|throttled| !throttled.paused && now.duration_since(throttled.since) >= PAUSE_AFTER)
    }
}
