//! The committing side of an assignment: which offsets stand in the window, and how far they are finished.

use std::{collections::VecDeque, sync::Arc};

use super::{Assignment, State};

/// Follows one assignment of one partition. Only the thread that commits owns it.
#[derive(Debug)]
pub(crate) struct Tracker {
    assignment: Arc<Assignment>,
    /// How many records were taken: the slot of the next.
    next: u64,
    /// How many are finished: the slot of the oldest in the window.
    head: u64,
    /// The slot of the first record since the last reset that went back. What was taken before it belongs to a log that the
    /// partition has no more: it is finished like everything else, but its offsets mean nothing now.
    reset_at: u64,
    /// How many are finished since then, as a slot; what was taken before does not count. While some of that is unfinished
    /// this is beyond the head, else it is the head.
    log_head: u64,
    /// The offset that is read next: every record of the partition before it was taken, or is none (a transaction marker, an
    /// aborted or a compacted record). [`UNKNOWN`] until the first record or end of the assignment.
    position: i64,
    /// The end of the log, and the slot of the first record behind it: between the record before that slot and this
    /// offset the log has nothing.
    end: Option<(u64, i64)>,
    /// The next offset to read after the finished prefix.
    watermark: Option<i64>,
    /// The watermark that was handed over last, unless that commit was refused.
    handed: Option<i64>,
    /// The watermark that the broker confirmed last.
    confirmed: Option<i64>,
    /// What was handed over for commit and is not confirmed: the watermark, and the head that it stood for.
    handed_over: VecDeque<(i64, u64)>,
    /// The head up to which a commit was handed over.
    handed_head: u64,
    /// The head up to which commits are confirmed by the broker.
    confirmed_head: u64,
    /// The committed offset is at or beyond the watermark, so that the client would commit nothing by itself.
    is_overshot: bool,
    /// What follows a reset has arrived, and waits for room. What is finished until it is taken belongs to a log that the
    /// partition has no more, and may not be committed: records of the log as it is now would be skipped.
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

    /// The offset that is read next, once something of the assignment was read.
    pub(crate) fn position(&self) -> Option<i64> {
        (self.position != UNKNOWN).then_some(self.position)
    }

    /// Whether this offset was read already: the partition was reset to an earlier offset.
    pub(crate) fn is_behind(&self, offset: i64) -> bool {
        offset < self.position
    }

    /// Takes a record into the window and gives its slot, or `None` when the window has no room.
    pub(crate) fn take(&mut self, offset: i64) -> Option<u64> {
        let slot = self.next;
        if self.window() >= self.assignment.ring().capacity() {
            return None;
        }
        if self.is_behind(offset) {
            self.go_back(offset);
        }
        self.assignment.ring().set(slot, State::Waiting);
        self.assignment.window().offsets.push_back(offset);
        self.position = offset + 1;
        self.next += 1;
        Some(slot)
    }

    /// The log ends at `end`, and everything before was taken: no record is left between the last one that was taken and
    /// this offset. So it may be committed when all that was taken is finished, whatever takes up the offsets before it.
    pub(crate) fn reach_end(&mut self, end: i64) {
        if self.is_behind(end) {
            self.go_back(end);
        }
        self.position = end;
        self.end = Some((self.next, end));
    }

    /// The client begins to read at `offset`, for an assignment of which nothing was read yet.
    pub(crate) fn begin_at(&mut self, offset: i64) {
        if self.position == UNKNOWN {
            self.position = offset;
        }
    }

    /// The client is reset from `committed`, and perhaps it was already when it gave out what was taken.
    pub(crate) fn overshot(&mut self, committed: i64) {
        if self.position >= committed {
            return;
        }
        self.is_overshot = true;
        if self.watermark.is_none() {
            // Nothing is finished: the first record is what would be read next.
            self.watermark = self.assignment.window().offsets.front().copied();
        }
    }

    /// The partition was reset to an earlier offset: it was recreated, or its log was truncated. What is in flight comes to
    /// its end, but from here on only records that are taken from now on move the watermark, which begins at the reset.
    #[cold]
    fn go_back(&mut self, to: i64) {
        (self.reset_at, self.log_head) = (self.next, self.next);
        self.assignment.window().reset_at = self.next;
        self.position = to;
        self.end = None;
        self.watermark = Some(to);
        (self.handed, self.confirmed) = (None, None);
        // An answer that is still to come is about offsets of before.
        self.handed_over.clear();
        (self.handed_head, self.confirmed_head) = (self.next, self.next);
        self.is_overshot = true;
    }

    /// Whether what follows a reset has arrived and was not taken yet: until then nothing is committed.
    pub(crate) fn supersede(&mut self, is_superseded: bool) {
        self.is_superseded = is_superseded;
    }

    /// Moves the watermark over what has been finished since the last call.
    pub(crate) fn advance(&mut self) {
        if self.head != self.next && self.assignment.ring().get(self.head) == State::Finished {
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
        while self.head < self.next && self.assignment.ring().get(self.head) == State::Finished {
            let Some(offset) = window.offsets.pop_front() else { break };
            self.head += 1;
            if self.head > self.log_head {
                // Where "last finished" becomes "next to read".
                self.watermark = Some(offset + 1);
                self.log_head = self.head;
            }
        }
        window.head = self.head;
    }

    /// The same for what was taken since a reset, while something of before is unfinished.
    #[cold]
    fn advance_log_head(&mut self) {
        let window = self.assignment.window();
        while self.log_head < self.next && self.assignment.ring().get(self.log_head) == State::Finished {
            let place = usize::try_from(self.log_head - self.head).unwrap_or(usize::MAX);
            let Some(offset) = window.offsets.get(place) else { break };
            self.watermark = Some(offset + 1);
            self.log_head += 1;
        }
    }

    /// How many records were taken in all.
    pub(crate) fn taken(&self) -> u64 {
        self.next
    }

    /// How many records are confirmed as committed.
    pub(crate) fn confirmed(&self) -> u64 {
        self.confirmed_head
    }

    /// How many records stand beyond the finished prefix.
    fn window(&self) -> usize {
        usize::try_from(self.next - self.head).unwrap_or(usize::MAX)
    }

    /// How many records are finished and not handed over for commit yet.
    pub(crate) fn to_hand_over(&self) -> u64 {
        if self.is_superseded { 0 } else { self.log_head - self.handed_head }
    }

    /// Whether the watermark has to be committed with an explicit offset: the committed offset is not below it, and the
    /// client commits stored offsets only beyond what is committed.
    pub(crate) fn is_overshot(&self) -> bool {
        self.is_overshot && self.watermark.is_some() && self.watermark != self.handed
    }

    /// The next offset to read, if it is to be committed: it has moved since it was last handed over.
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

    /// The broker has committed `offset`. Commits that went before it are covered. An offset that was not handed over since
    /// the last reset is the late answer to a commit of before, and says nothing.
    pub(crate) fn confirm(&mut self, offset: i64) {
        let Some(place) = self.handed_over.iter().position(|(watermark, _)| *watermark == offset) else { return };
        let Some((_, head)) = self.handed_over.drain(..=place).next_back() else { return };
        self.confirmed = Some(offset);
        self.confirmed_head = self.confirmed_head.max(head);
        self.handed = self.handed.max(self.confirmed);
        self.handed_head = self.handed_head.max(self.confirmed_head);
        // What is committed is at most what was handed over since the reset.
        self.is_overshot = false;
    }

    /// The client did not commit what was handed over, because the committed offset is not below it.
    pub(crate) fn not_newer(&mut self) {
        let Some((watermark, _)) = self.handed_over.back().copied() else { return };
        if self.is_overshot || self.log_head > self.reset_at {
            // A record of this log was finished, and the group is said to be beyond it.
            self.is_overshot = true;
            self.hand_over_again();
        } else {
            // The end of a partition of which nothing new was received: that is where the group is.
            self.confirm(watermark);
        }
    }

    /// A commit was refused: what is not confirmed is handed over again. A later commit that is on its way may still be
    /// confirmed; the client starts none for what is committed already, so that would be the only answer.
    pub(crate) fn hand_over_again(&mut self) {
        (self.handed, self.handed_head) = (self.confirmed, self.confirmed_head);
    }

    /// Whether a commit is on its way.
    pub(crate) fn awaits_confirmation(&self) -> bool {
        !self.handed_over.is_empty()
    }

    /// How many records stand beyond the position that the broker has confirmed: what would be delivered again after a
    /// crash at this moment.
    pub(crate) fn uncommitted(&self) -> usize {
        if self.is_superseded {
            return self.window();
        }
        // Those of before a reset would not be, but they are in the window until they are finished.
        usize::try_from(self.next - self.confirmed_head.min(self.head)).unwrap_or(usize::MAX)
    }

    /// Whether something that was not started stands before something that was, and could be committed with it.
    pub(crate) fn has_gap(&self) -> bool {
        let started = self.assignment.started();
        let states = (self.head..self.next.min(started)).map(|slot| self.assignment.ring().get(slot));
        // Behind what waits for another attempt nothing can be committed in time.
        states.take_while(|state| *state != State::Paused).any(|state| state == State::Waiting)
    }

    /// Whether anything runs or awaits its acknowledgements.
    pub(crate) fn has_running(&self) -> bool {
        self.states().any(|state| state == State::Running)
    }

    /// How many run or await their acknowledgements.
    pub(crate) fn running(&self) -> usize {
        self.states().filter(|state| *state == State::Running).count()
    }

    /// How many records of the window are not finished.
    pub(crate) fn unfinished(&self) -> usize {
        self.states().filter(|state| *state != State::Finished).count()
    }

    fn states(&self) -> impl Iterator<Item = State> + '_ {
        (self.head..self.next).map(|slot| self.assignment.ring().get(slot))
    }
}

#[cfg(test)]
#[path = "tracker_tests.rs"]
mod tests;
