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
            next: 0,
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
        let slot = self.next;
        if self.window() >= self.assignment.ring().capacity() {
            return None;
        }
        self.assignment.ring().set(slot, State::Waiting);
        let mut window = self.assignment.window();
        debug_assert!(window.offsets.back().is_none_or(|last| *last < offset), "offsets of a partition only grow");
        window.offsets.push_back(offset);
        drop(window);
        self.next += 1;
        Some(slot)
    }

    /// Moves the watermark over what has been finished since the last call.
    pub(crate) fn advance(&mut self) {
        if self.head == self.next || self.assignment.ring().get(self.head) != State::Finished {
            return;
        }
        let mut window = self.assignment.window();
        while self.head < self.next && self.assignment.ring().get(self.head) == State::Finished {
            let Some(offset) = window.offsets.pop_front() else { break };
            // The one place where "last finished" becomes "next to read".
            self.watermark = Some(offset + 1);
            self.head += 1;
        }
        window.head = self.head;
    }

    /// How many records were taken in all.
    pub(crate) fn taken(&self) -> u64 {
        self.next
    }

    /// The offset behind the last record that was taken, if there was one.
    pub(crate) fn next_offset(&self) -> Option<i64> {
        self.assignment.window().offsets.back().map(|last| last + 1).or(self.watermark)
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
        self.head - self.handed_head
    }

    /// The next offset to read, if it is to be committed: it has moved since it was last handed over.
    pub(crate) fn hand_over(&mut self) -> Option<i64> {
        let watermark = self.watermark.filter(|_| self.to_hand_over() > 0)?;
        debug_assert!(
            self.assignment.window().offsets.front().is_none_or(|unfinished| watermark <= *unfinished),
            "nothing is committed past unfinished work"
        );
        debug_assert!(
            self.handed_over.back().is_none_or(|(before, _)| *before <= watermark),
            "commits of an assignment never go back"
        );
        if self.handed_over.back() != Some(&(watermark, self.head)) {
            self.handed_over.push_back((watermark, self.head));
        }
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
        self.handed_head = self.handed_head.max(self.confirmed_head);
    }

    /// A commit was refused: what is not confirmed is handed over again. A later commit that is on its way may still be
    /// confirmed; the client starts none for what is committed already, so that would be the only answer.
    pub(crate) fn hand_over_again(&mut self) {
        self.handed_head = self.confirmed_head;
    }

    /// Whether a commit is on its way.
    pub(crate) fn awaits_confirmation(&self) -> bool {
        !self.handed_over.is_empty()
    }

    /// How many records stand beyond the position that the broker has confirmed: what would be delivered again after a
    /// crash at this moment.
    pub(crate) fn uncommitted(&self) -> usize {
        usize::try_from(self.next - self.confirmed_head).unwrap_or(usize::MAX)
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
