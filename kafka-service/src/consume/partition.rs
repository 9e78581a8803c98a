//! One partition that this member owns.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use super::TopicPartition;
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
        Self { name, tracker: Tracker::new(assignment), hold: None, aside: VecDeque::new(), unconfirmed_since: None }
    }

    /// Whether it should be paused by now.
    pub(super) fn is_due_for_pause(&self, now: Instant) -> bool {
        self.hold.is_some_and(|hold| !hold.paused && now.duration_since(hold.since) >= PAUSE_AFTER)
    }
}
