//! The committing side of an assignment: which offsets stand in the window, and how far they are finished.

use std::{collections::VecDeque, sync::Arc};

use super::{Assignment, State};

/// Follows one assignment of one partition. Only the thread that commits owns it.
#[derive(Debug)]
pub(crate) struct Tracker {
    assignment: Arc<Assignment>,
    /// The offsets of the window, oldest first. Offsets have gaps (compaction, transaction markers), so they are kept
    /// and never counted.
    offsets: VecDeque<i64>,
    /// The slot of the oldest offset in the window, which is also how many records are finished.
    head: u64,
    /// The next offset to read after the finished prefix.
    watermark: Option<i64>,
    /// What was handed over for commit and is not confirmed: the watermark, and the head that it stood for.
    handed_over: VecDeque<(i64, u64)>,
    /// The head up to which a commit was handed over.
    handed_head: u64,
    /// The head up to which commits are confirmed by the broker.
    confirmed_head: u64,
}

impl Tracker {
    pub(crate) fn new(assignment: Arc<Assignment>) -> Self {
        Self {
            assignment,
            offsets: VecDeque::new(),
            head: 0,
            watermark: None,
            handed_over: VecDeque::new(),
            handed_head: 0,
            confirmed_head: 0,
        }
    }

    pub(crate) fn assignment(&self) -> &Arc<Assignment> {
        &self.assignment
    }

    /// Takes a record into the window and gives its slot, or `None` when the window has no room.
    pub(crate) fn take(&mut self, offset: i64) -> Option<u64> {
        debug_assert!(self.offsets.back().is_none_or(|last| *last < offset), "offsets of a partition only grow");
        if self.offsets.len() >= self.assignment.ring().capacity() {
            return None;
        }
        let slot = self.head + self.offsets.len() as u64;
        self.assignment.ring().set(slot, State::Waiting);
        self.offsets.push_back(offset);
        Some(slot)
    }

    /// Moves the watermark over what has been finished since the last call.
    pub(crate) fn advance(&mut self) {
        while let Some(offset) = self.offsets.front() {
            if self.assignment.ring().get(self.head) != State::Finished {
                break;
            }
            // The one place where "last finished" becomes "next to read".
            self.watermark = Some(offset + 1);
            self.offsets.pop_front();
            self.head += 1;
        }
    }

    /// How many records are finished and not handed over for commit yet.
    pub(crate) fn to_hand_over(&self) -> u64 {
        self.head - self.handed_head
    }

    /// The next offset to read, if it is to be committed: it has moved since it was last handed over.
    pub(crate) fn hand_over(&mut self) -> Option<i64> {
        let watermark = self.watermark.filter(|_| self.to_hand_over() > 0)?;
        self.handed_over.push_back((watermark, self.head));
        self.handed_head = self.head;
        Some(watermark)
    }

    /// The broker has committed `offset`. Commits that went before it are covered.
    pub(crate) fn confirm(&mut self, offset: i64) {
        while let Some((watermark, head)) = self.handed_over.front() {
            if *watermark > offset {
                break;
            }
            self.confirmed_head = *head;
            self.handed_over.pop_front();
        }
    }

    /// A commit was refused: what is not confirmed is handed over again.
    pub(crate) fn hand_over_again(&mut self) {
        self.handed_over.clear();
        self.handed_head = self.confirmed_head;
    }

    /// Whether a commit is on its way.
    pub(crate) fn awaits_confirmation(&self) -> bool {
        !self.handed_over.is_empty()
    }

    /// How many records stand beyond the position that the broker has confirmed: what would be delivered again after a
    /// crash at this moment.
    pub(crate) fn uncommitted(&self) -> usize {
        let taken = self.head + self.offsets.len() as u64;
        usize::try_from(taken - self.confirmed_head).unwrap_or(usize::MAX)
    }

    /// Whether anything runs or awaits its acknowledgements.
    pub(crate) fn has_running(&self) -> bool {
        self.states().any(|state| state == State::Running)
    }

    /// How many records of the window are not finished.
    pub(crate) fn unfinished(&self) -> usize {
        self.states().filter(|state| *state != State::Finished).count()
    }

    fn states(&self) -> impl Iterator<Item = State> + '_ {
        (self.head..self.head + self.offsets.len() as u64).map(|slot| self.assignment.ring().get(slot))
    }
}

#[cfg(test)]
#[path = "tracker_tests.rs"]
mod tests;
