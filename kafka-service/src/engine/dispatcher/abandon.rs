//! Abandons commands, which are redelivered to the next owner of their partition.

use super::Intake;
use crate::engine::{Counters, attempt::WaitingCommand};

impl Intake {
    /// Abandons a command and those that wait behind it, because they must not overtake it.
    pub(super) fn leave(&mut self, left: &WaitingCommand) {
        let behind =
            self.lanes.drop_waiting(left.lane, |waiting| waiting.assignment.index() == left.assignment.index());
        Counters::add(&self.shared.counters.abandoned, 1 + behind);
    }

    /// Drops the commands of these assignments that have not started and will not be started.
    pub(super) fn abandon(&mut self, assignments: &[u32]) {
        let keep = |waiting: &WaitingCommand| {
            let assignment = &waiting.assignment;
            !assignments.contains(&assignment.index()) || assignment.is_gap(waiting.slot)
        };
        let before = self.ready.len();
        let mut freed = Vec::new();
        self.ready.retain(|waiting| {
            let kept = keep(waiting);
            if !kept {
                freed.push(waiting.lane);
            }
            kept
        });
        let dropped = (before - self.ready.len()) as u64 + self.lanes.retain(keep);
        for lane in freed {
            // Nothing of this lane is running. What still waits belongs to another assignment whose key has the same
            // hash.
            self.ready.extend(self.lanes.next(lane));
        }
        Counters::add(&self.shared.counters.abandoned, dropped);
        for index in assignments {
            self.assigned.forget(*index);
        }
    }
}
