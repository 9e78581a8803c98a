//! The committing side of an assignment: which offsets are in the window, and how far they are finished.

use std::{collections::VecDeque, sync::Arc};

mod unfinished;

use super::{Assignment, SlotState};

/// Tracks one assignment of one partition. Owned by the thread that commits.
#[derive(Debug)]
pub(crate) struct Tracker {
    assignment: Arc<Assignment>,
    /// The number of records taken: the slot of the next.
    next: u64,
    /// The number of finished records: the slot of the oldest in the window.
    head: u64,
    /// The slot of the first record since the last reset to an earlier offset. What was taken before it belongs to a
    /// log that no longer exists: it is finished like everything else, but its offsets are meaningless now.
    reset_at: u64,
    /// The number of finished records since then, as a slot; what was taken before does not count. While some of that
    /// is unfinished this is past the head, otherwise it is the head.
    log_head: u64,
    /// The next offset to read: all records before it were taken, or are not records (transaction markers, aborted or
    /// compacted records). [`UNKNOWN`] until the first record or end of the assignment.
    position: i64,
    /// The log end offset, and the slot of the first record after it: between the record before that slot and this
    /// offset, the log has no record.
    end: Option<(u64, i64)>,
    /// The next offset to read after the finished prefix.
    watermark: Option<i64>,
    /// The watermark that was last handed over, unless that commit was rejected.
    handed: Option<i64>,
    /// The watermark that the broker last confirmed.
    confirmed: Option<i64>,
    /// What was handed over for commit and is not confirmed: the watermark, and its head.
    handed_over: VecDeque<(i64, u64)>,
    /// The head up to which a commit was handed over.
    handed_head: u64,
    /// The head up to which the broker has confirmed commits.
    confirmed_head: u64,
    /// Whether the committed offset is at or past the watermark, so that the client would not commit it by itself.
    is_overshot: bool,
    /// Whether records after a reset have arrived and wait for room. What finishes until they are taken belongs to a
    /// log that no longer exists, and must not be committed: records of the current log would be skipped.
    is_superseded: bool,
}

/// Lower than every offset.
const UNKNOWN: i64 = i64::MIN;

impl Tracker {
    pub(crate) fn new(assignment: Arc<Assignment>) -> Self {
        Self {
            assignment,
            next: 0,
            head: 0,
            reset_at: 0,
            log_head: 0,
            position: UNKNOWN,
            end: None,
            watermark: None,
            handed: None,
            confirmed: None,
            handed_over: VecDeque::new(),
            handed_head: 0,
            confirmed_head: 0,
            is_overshot: false,
            is_superseded: false,
        }
    }

    pub(crate) fn assignment(&self) -> &Arc<Assignment> {
        &self.assignment
    }

    /// The next offset to read, once anything of the assignment was read.
    pub(crate) fn position(&self) -> Option<i64> {
        (self.position != UNKNOWN).then_some(self.position)
    }

    /// Whether this offset was already read: the partition was reset to an earlier offset.
    pub(crate) fn is_behind(&self, offset: i64) -> bool {
        offset < self.position
    }

    /// Takes a record into the window and returns its slot, or `None` if the window has no room.
    pub(crate) fn take(&mut self, offset: i64) -> Option<u64> {
        let slot = self.next;
        if self.window() >= self.assignment.ring().capacity() {
            return None;
        }
        if self.is_behind(offset) {
            self.go_back(offset);
        }
        self.assignment.ring().set(slot, SlotState::Waiting);
        self.assignment.window().offsets.push_back(offset);
        self.position = offset + 1;
        self.next += 1;
        Some(slot)
    }

    /// Records that the log ends at `end` and that everything before was taken: there is no other record between the
    /// last one and this offset. So it may be committed when all that was taken is finished, whatever the offsets
    /// before it are used for.
    pub(crate) fn reach_end(&mut self, end: i64) {
        if self.is_behind(end) {
            self.go_back(end);
        }
        self.position = end;
        self.end = Some((self.next, end));
    }

    /// Records that the client starts to read at `offset`, for an assignment with nothing read yet.
    pub(crate) fn begin_at(&mut self, offset: i64) {
        if self.position == UNKNOWN {
            self.position = offset;
        }
    }

    /// Records that the client was reset from `committed`, perhaps before it delivered what was taken.
    pub(crate) fn overshot(&mut self, committed: i64) {
        if self.position >= committed {
            return;
        }
        self.is_overshot = true;
        if self.watermark.is_none() {
            // Nothing is finished: the first record is the next to read.
            self.watermark = self.assignment.window().offsets.front().copied();
        }
    }

    /// The partition was reset to an earlier offset: it was recreated, or its log was truncated. What is in flight
    /// finishes, but only records taken from now on move the watermark, which starts at the reset.
    #[cold]
    fn go_back(&mut self, to: i64) {
        (self.reset_at, self.log_head) = (self.next, self.next);
        self.assignment.window().reset_at = self.next;
        self.position = to;
        self.end = None;
        self.watermark = Some(to);
        (self.handed, self.confirmed) = (None, None);
        // Answers that are still expected are about offsets before the reset.
        self.handed_over.clear();
        (self.handed_head, self.confirmed_head) = (self.next, self.next);
        self.is_overshot = true;
    }

    /// Sets whether records after a reset have arrived and were not taken yet: until then nothing is committed.
    pub(crate) fn supersede(&mut self, is_superseded: bool) {
        self.is_superseded = is_superseded;
    }

    /// Moves the watermark past what has finished since the last call.
    pub(crate) fn advance(&mut self) {
        if self.head != self.next && self.assignment.ring().get(self.head) == SlotState::Finished {
            self.advance_head();
        }
        if self.head < self.reset_at {
            self.advance_log_head();
        }
        if let Some((_, end)) = self.end.take_if(|(slot, _)| *slot == self.log_head) {
            self.watermark = self.watermark.max(Some(end));
        }
    }

    fn advance_head(&mut self) {
        let mut window = self.assignment.window();
        while self.head < self.next && self.assignment.ring().get(self.head) == SlotState::Finished {
            let Some(offset) = window.offsets.pop_front() else { break };
            self.head += 1;
            if self.head > self.log_head {
                // From the last finished offset to the next to read.
                self.watermark = Some(offset + 1);
                self.log_head = self.head;
            }
        }
        window.head = self.head;
    }

    /// The same for what was taken since a reset, while records from before it are unfinished.
    #[cold]
    fn advance_log_head(&mut self) {
        let window = self.assignment.window();
        while self.log_head < self.next && self.assignment.ring().get(self.log_head) == SlotState::Finished {
            let index = usize::try_from(self.log_head - self.head).unwrap_or(usize::MAX);
            let Some(offset) = window.offsets.get(index) else { break };
            self.watermark = Some(offset + 1);
            self.log_head += 1;
        }
    }

    /// The total number of records taken.
    pub(crate) fn taken(&self) -> u64 {
        self.next
    }

    /// The number of records confirmed as committed.
    pub(crate) fn confirmed(&self) -> u64 {
        self.confirmed_head
    }

    /// The number of records that are finished and not handed over for commit yet.
    pub(crate) fn to_hand_over(&self) -> u64 {
        if self.is_superseded { 0 } else { self.log_head - self.handed_head }
    }

    /// Whether the watermark must be committed with an explicit offset: the committed offset is not below it, and the
    /// client commits only stored offsets past the committed one.
    pub(crate) fn is_overshot(&self) -> bool {
        self.is_overshot && self.watermark.is_some() && self.watermark != self.handed
    }

    /// The next offset to read, if it has moved since it was last handed over and so should be committed.
    pub(crate) fn hand_over(&mut self) -> Option<i64> {
        let watermark = self.watermark.filter(|watermark| Some(*watermark) != self.handed && !self.is_superseded)?;
        debug_assert!(
            self.head < self.reset_at
                || self.assignment.window().offsets.front().is_none_or(|unfinished| watermark <= *unfinished),
            "watermark beyond an unfinished offset"
        );
        debug_assert!(
            self.handed_over.back().is_none_or(|(before, _)| *before <= watermark),
            "offset commit below the one before, without a reset"
        );
        if self.handed_over.back() != Some(&(watermark, self.log_head)) {
            self.handed_over.push_back((watermark, self.log_head));
        }
        (self.handed, self.handed_head) = (Some(watermark), self.log_head);
        Some(watermark)
    }

    /// Records that the broker has committed `offset`, which includes earlier commits. An offset that was not handed
    /// over since the last reset is the late answer to an earlier commit, and is ignored.
    pub(crate) fn confirm(&mut self, offset: i64) {
        let Some(index) = self.handed_over.iter().position(|(watermark, _)| *watermark == offset) else { return };
        let Some((_, head)) = self.handed_over.drain(..=index).next_back() else { return };
        self.confirmed = Some(offset);
        self.confirmed_head = self.confirmed_head.max(head);
        self.handed = self.handed.max(self.confirmed);
        self.handed_head = self.handed_head.max(self.confirmed_head);
        // The committed offset is at most what was handed over since the reset.
        self.is_overshot = false;
    }

    /// Records that the client did not commit what was handed over, because the committed offset is not below it.
    pub(crate) fn not_newer(&mut self) {
        let Some((watermark, _)) = self.handed_over.back().copied() else { return };
        if self.is_overshot || self.log_head > self.reset_at {
            // A record of this log was finished, but the committed offset is said to be past it.
            self.is_overshot = true;
            self.reset_uncommitted();
        } else {
            // The end of a partition with nothing new received: the committed offset is there.
            self.confirm(watermark);
        }
    }

    /// After a rejected commit, hands over again what is not confirmed. A later commit in flight may still be
    /// confirmed; the client starts none for what is already committed, so that would be the only answer.
    pub(crate) fn reset_uncommitted(&mut self) {
        (self.handed, self.handed_head) = (self.confirmed, self.confirmed_head);
    }

    /// Whether a commit is in flight.
    pub(crate) fn awaits_confirmation(&self) -> bool {
        !self.handed_over.is_empty()
    }

    /// The number of records past the confirmed offset: those that would be redelivered after a crash at this moment.
    pub(crate) fn uncommitted(&self) -> usize {
        if self.is_superseded {
            return self.window();
        }
        // Records from before a reset would not be redelivered, but they are in the window until they are finished.
        usize::try_from(self.next - self.confirmed_head.min(self.head)).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests;
