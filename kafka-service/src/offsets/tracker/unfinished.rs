//! What is in the window of an assignment: the records past the finished prefix, and what they wait for.

use super::{SlotState, Tracker};

impl Tracker {
    /// The number of records past the finished prefix.
    pub(super) fn window(&self) -> usize {
        usize::try_from(self.next - self.head).unwrap_or(usize::MAX)
    }

    /// Whether a slot that was not started precedes one that was, and could be committed with it.
    pub(crate) fn has_gap(&self) -> bool {
        let started = self.assignment.started();
        let states = (self.head..self.next.min(started)).map(|slot| self.assignment.ring().get(slot));
        // What is behind a command that waits for another attempt cannot be committed in time.
        states.take_while(|state| *state != SlotState::Paused).any(|state| state == SlotState::Waiting)
    }

    /// Whether any command is running or waiting for its acknowledgements.
    pub(crate) fn has_running(&self) -> bool {
        self.states().any(|state| state == SlotState::Running)
    }

    /// The number of commands that are running or waiting for their acknowledgements.
    pub(crate) fn running(&self) -> usize {
        self.states().filter(|state| *state == SlotState::Running).count()
    }

    /// The number of unfinished records in the window.
    pub(crate) fn unfinished(&self) -> usize {
        self.states().filter(|state| *state != SlotState::Finished).count()
    }

    fn states(&self) -> impl Iterator<Item = SlotState> + '_ {
        (self.head..self.next).map(|slot| self.assignment.ring().get(slot))
    }
}
