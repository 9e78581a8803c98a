//! One partition that is assigned to this member.

use std::{sync::Arc, time::Instant};

use super::{overflow::Overflow, window::Throttled};
use crate::{
    message::Record,
    offsets::{Assignment, Tracker},
    transport::{FetchErrorKind, Position, TopicPartition},
};

/// One partition, from its assignment until it is revoked or lost.
#[derive(Debug)]
pub(super) struct Partition<R> {
    pub(super) name: TopicPartition,
    pub(super) tracker: Tracker,
    /// Since when it is throttled, because its window is full.
    pub(super) throttled: Option<Throttled>,
    pub(super) overflow: Overflow<R>,
    /// Since when a commit is in flight that the broker has not answered.
    pub(super) commit_unacknowledged_since: Option<Instant>,
    /// The position that is out of range; the next record tells what that means.
    out_of_range: Option<i64>,
    /// Whether nothing has arrived since the client reported that.
    reset_pending: bool,
    /// Whether the client was told since then to continue at the log start, so that what arrives next is from there.
    log_start_sought: bool,
    /// The position at which an earlier offset arrived, until the client reports that reset.
    reset_from: Option<i64>,
    /// What it waits for, if it could not be fetched and no record of it has arrived since.
    pub(super) fetch_failed: Option<FetchErrorKind>,
}

impl<R> Partition<R> {
    pub(super) fn new(name: TopicPartition, assignment: Arc<Assignment>) -> Self {
        Self {
            name,
            tracker: Tracker::new(assignment),
            throttled: None,
            overflow: Overflow::default(),
            commit_unacknowledged_since: None,
            out_of_range: None,
            fetch_failed: None,
            reset_pending: false,
            log_start_sought: false,
            reset_from: None,
        }
    }

    /// Called if something arrives after a reset was reported: it may be the first record after the reset.
    #[cold]
    pub(super) fn arrive(&mut self, offset: i64)
    where
        R: Record,
    {
        let is_behind = self.known_position().is_none_or(|position| offset < position);
        let is_ahead = self.out_of_range.is_none_or(|from| offset >= from);
        self.reset_pending &= !is_behind && !is_ahead && !self.log_start_sought;
    }

    /// Whether the client has reported a reset and nothing is known about it yet.
    pub(super) fn is_reset_pending(&self) -> bool {
        self.reset_pending
    }

    /// Sets a record aside until there is room.
    pub(super) fn set_aside(&mut self, record: R)
    where
        R: Record,
    {
        let is_reset = self.notice_reset(record.offset());
        self.overflow.push(record, is_reset);
        self.tracker.supersede(self.overflow.has_reset());
    }

    /// Moves the oldest record that is set aside into the window, if there is one and the window has room.
    pub(super) fn admit_overflow(&mut self) -> Option<(R, u64)>
    where
        R: Record,
    {
        let slot = self.admit(self.overflow.next_offset()?)?;
        let record = self.overflow.pop()?;
        self.tracker.supersede(self.overflow.has_reset());
        Some((record, slot))
    }

    /// Takes a record into the window and returns its slot, or `None` if the window has no room.
    pub(super) fn admit(&mut self, offset: i64) -> Option<u64> {
        if self.out_of_range.is_some() || self.tracker.is_behind(offset) {
            if self.throttled.is_none() && self.tracker.is_behind(offset) {
                self.reset_from = self.tracker.position();
            }
            self.report_reset(offset);
        }
        self.tracker.take(offset)
    }

    /// Called when something arrives. If its offset was already read, the client was reset.
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

    /// Records that the log ends here: everything before it has arrived, though it may still be set aside.
    pub(super) fn reach_end(&mut self, end: i64)
    where
        R: Record,
    {
        if self.reset_pending {
            self.arrive(end);
        }
        let is_reset = self.notice_reset(end);
        if !self.overflow.is_empty() {
            self.overflow.end_at(end, is_reset);
            return self.tracker.supersede(self.overflow.has_reset());
        }
        if self.out_of_range.is_some() || self.tracker.is_behind(end) {
            self.report_reset(end);
        }
        self.tracker.reach_end(end);
    }

    /// Called when no record is set aside any more.
    pub(super) fn overflow_is_empty(&mut self)
    where
        R: Record,
    {
        if let Some(end) = self.overflow.take_end() {
            let reset_from = self.reset_from;
            self.reach_end(end);
            self.reset_from = reset_from;
            self.tracker.supersede(false);
        }
    }

    /// Where the client has to continue, if anything is known about it. After a reset with nothing received since, that
    /// is the log start offset.
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

    /// The next expected offset.
    fn known_position(&self) -> Option<i64>
    where
        R: Record,
    {
        self.overflow.position().or_else(|| self.tracker.position())
    }

    /// Called when the client finds that this position is out of range, and resets to the log start offset.
    pub(super) fn on_offset_out_of_range(&mut self, position: i64) {
        if self.reset_from.take_if(|from| position >= *from).is_some() {
            // Its first record has already arrived.
            return;
        }
        (self.out_of_range, self.reset_pending, self.log_start_sought) = (Some(position), true, false);
        match self.tracker.position() {
            None => self.tracker.begin_at(position),
            // Records arrived before the client reported the reset, so it is unknown whether they are from before or
            // after it. Committing the watermark with an explicit offset is right in both cases.
            Some(_) => self.tracker.overshot(position),
        }
    }

    /// Logs what a reset means, now that the next offset is known.
    #[cold]
    fn report_reset(&mut self, next: i64) {
        let TopicPartition { topic, partition } = &self.name;
        if self.tracker.is_behind(next) {
            let position = self.out_of_range.take().or_else(|| self.tracker.position());
            tracing::error!(
                topic = %topic,
                partition,
                offset = position,
                reset_to = next,
                help = "records from `reset_to` on are reprocessed; stop the service before you recreate a topic",
                "committed offset is past the log end offset: topic recreated or unclean leader election"
            );
        } else if let Some(from) = self.out_of_range.take_if(|from| *from <= next)
            && next > from
        {
            tracing::error!(
                topic = %topic,
                partition,
                offset = from,
                log_start_offset = next,
                lost_at_most = next - from,
                help = "increase the topic's retention (`retention.ms`, `retention.bytes`); to stop reading the partition \
                        and report not ready instead, set KAFKA_AUTO_OFFSET_RESET=error",
                "records lost to retention: the committed offset is below the log start offset"
            );
        }
    }
}
