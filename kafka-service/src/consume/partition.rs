//! One partition that this member owns.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{FetchErrorKind, Position, Record, TopicPartition, aside::Aside};
use crate::commit::{Assignment, Tracker};

/// One partition, from its assignment to its end.
#[derive(Debug)]
pub(super) struct Partition<R> {
    pub(super) name: TopicPartition,
    pub(super) tracker: Tracker,
    /// Since when it takes no more, because its window is full.
    pub(super) hold: Option<Hold>,
    pub(super) aside: Aside<R>,
    /// Since when a commit is on its way that the broker has not answered.
    pub(super) unconfirmed_since: Option<Instant>,
    /// The position that was to be read and that the topic does not have any more; the next record tells what that means.
    overtaken: Option<i64>,
    /// Nothing has arrived since the client said so.
    reset_pending: bool,
    /// The client was told to read on at the log start since, so what arrives next is from there.
    log_start_sought: bool,
    /// The position when something of an earlier offset arrived, until the client has told of that reset.
    reset_from: Option<i64>,
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
            aside: Aside::default(),
            unconfirmed_since: None,
            overtaken: None,
            fetch_failed: None,
            reset_pending: false,
            log_start_sought: false,
            reset_from: None,
        }
    }

    /// Whether it may take another record: its window and its share of the memory have room.
    pub(super) fn has_room(&self, limits: Limits) -> bool {
        self.tracker.uncommitted() < limits.uncommitted
            && self.tracker.assignment().waiting_bytes() < limits.waiting_bytes
    }

    /// Something arrives, and a reset was told of: it may be the first from behind it.
    #[cold]
    pub(super) fn arrive(&mut self, offset: i64)
    where
        R: Record,
    {
        let is_behind = self.known_position().is_none_or(|position| offset < position);
        let is_ahead = self.overtaken.is_none_or(|from| offset >= from);
        self.reset_pending &= !is_behind && !is_ahead && !self.log_start_sought;
    }

    /// Whether the client has told of a reset of which nothing is known yet.
    pub(super) fn is_reset_pending(&self) -> bool {
        self.reset_pending
    }

    /// Puts a record aside until there is room.
    pub(super) fn put_aside(&mut self, record: R)
    where
        R: Record,
    {
        let is_reset = self.notice_reset(record.offset());
        self.aside.push(record, is_reset);
        self.tracker.supersede(self.aside.has_reset());
    }

    /// Takes the oldest record that is aside into the window, if there is one and the window has room.
    pub(super) fn admit_aside(&mut self) -> Option<(R, u64)>
    where
        R: Record,
    {
        let slot = self.admit(self.aside.next_offset()?)?;
        let record = self.aside.pop()?;
        self.tracker.supersede(self.aside.has_reset());
        Some((record, slot))
    }

    /// Takes a record into the window and gives its slot, or `None` when the window has no room.
    pub(super) fn admit(&mut self, offset: i64) -> Option<u64> {
        if self.overtaken.is_some() || self.tracker.is_behind(offset) {
            if self.hold.is_none() && self.tracker.is_behind(offset) {
                self.reset_from = self.tracker.position();
            }
            self.report_reset(offset);
        }
        self.tracker.take(offset)
    }

    /// Something arrives: if it was read already, the client was reset.
    fn notice_reset(&mut self, offset: i64) -> bool
    where
        R: Record,
    {
        let position = self.known_position();
        let is_reset = position.is_some_and(|position| offset < position);
        if is_reset {
            self.reset_from = position;
        }
        is_reset
    }

    /// The log ends here: everything before it has arrived, though it may still be aside.
    pub(super) fn reach_end(&mut self, end: i64)
    where
        R: Record,
    {
        if self.reset_pending {
            self.arrive(end);
        }
        let is_reset = self.notice_reset(end);
        if !self.aside.is_empty() {
            self.aside.end_at(end, is_reset);
            return self.tracker.supersede(self.aside.has_reset());
        }
        if self.overtaken.is_some() || self.tracker.is_behind(end) {
            self.report_reset(end);
        }
        self.tracker.reach_end(end);
    }

    /// Nothing is aside any more.
    pub(super) fn aside_is_empty(&mut self)
    where
        R: Record,
    {
        if let Some(end) = self.aside.take_end() {
            let reset_from = self.reset_from;
            self.reach_end(end);
            self.reset_from = reset_from;
            self.tracker.supersede(false);
        }
    }

    /// Where the client has to read on, if anything is known of it. After a reset of which nothing has arrived that is wherever
    /// the log begins.
    pub(super) fn seek_to(&mut self) -> Option<Position>
    where
        R: Record,
    {
        if self.reset_pending {
            self.log_start_sought = true;
            return Some(Position::LogStart);
        }
        self.known_position().map(Position::Offset)
    }

    /// The offset of the next record that is to arrive.
    fn known_position(&self) -> Option<i64>
    where
        R: Record,
    {
        self.aside.position().or_else(|| self.tracker.position())
    }

    /// The client found that the topic does not have this position, and goes on where the partition begins.
    pub(super) fn overtake(&mut self, position: i64) {
        if self.reset_from.take_if(|from| position >= *from).is_some() {
            // Its first record came sooner.
            return;
        }
        (self.overtaken, self.reset_pending, self.log_start_sought) = (Some(position), true, false);
        match self.tracker.position() {
            None => self.tracker.begin_at(position),
            // Records came before the client said so, and it cannot be told from which side of the reset they are. To commit
            // the watermark with an explicit offset is right in both cases.
            Some(_) => self.tracker.overshot(position),
        }
    }

    /// Says what a reset means, now that what comes next is here.
    #[cold]
    fn report_reset(&mut self, next: i64) {
        let TopicPartition { topic, partition } = &self.name;
        if self.tracker.is_behind(next) {
            let position = self.overtaken.take().or_else(|| self.tracker.position());
            tracing::error!(
                topic = %topic,
                partition,
                position,
                reset_to = next,
                help = "every record from `reset_to` on is handled, including records that were handled before",
                "offset is past the log end offset: topic recreated or unclean leader election"
            );
        } else if let Some(from) = self.overtaken.take_if(|from| *from <= next)
            && next > from
        {
            tracing::error!(
                topic = %topic,
                partition,
                position = from,
                log_start_offset = next,
                lost_at_most = next - from,
                help = "increase the topic's retention (`retention.ms`, `retention.bytes`); to stop reading the partition \
                        and report not ready instead, set KAFKA_AUTO_OFFSET_RESET=error",
                "records lost to retention: the committed offset is below the log start offset"
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
