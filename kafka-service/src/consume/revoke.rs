//! Giving partitions back: nothing new starts, what runs may finish within a deadline, finished work is committed, and only
//! then is the partition let go. Meanwhile the client is served and the other partitions go on.

use std::{
    sync::mpsc::{self, Receiver},
    time::Instant,
};

use tokio::sync::mpsc::UnboundedSender;

use super::{TopicPartition, partition::Partition};
use crate::dispatch::Control;

/// A drain of some partitions.
#[derive(Debug)]
pub(super) struct Drain {
    answer: Receiver<()>,
    answered: bool,
    deadline: Instant,
}

impl Drain {
    /// Starts nothing new of these partitions. That is certain when the dispatcher has answered.
    pub(super) fn begin<'a, R: 'a>(
        control: &UnboundedSender<Control>,
        partitions: impl Iterator<Item = &'a Partition<R>>,
        deadline: Instant,
    ) -> Self {
        let assignments: Vec<_> = partitions
            .map(|partition| {
                partition.tracker.assignment().drain();
                partition.tracker.assignment().index()
            })
            .collect();
        let (done, answer) = mpsc::channel();
        // Without assignments there is nothing to wait for, and without a dispatcher nobody who would start anything.
        let asked = !assignments.is_empty() && control.send(Control::Drain { assignments, done }).is_ok();
        Self { answer, answered: !asked, deadline }
    }

    /// Whether everything that ran has ended, or the time is over.
    pub(super) fn is_over<'a, R: 'a>(
        &mut self,
        mut partitions: impl Iterator<Item = &'a Partition<R>>,
        now: Instant,
    ) -> bool {
        self.answered |= self.answer.try_recv().is_ok();
        now >= self.deadline || (self.answered && !partitions.any(|partition| partition.tracker.has_running()))
    }
}

/// Partitions on their way back to the group.
pub(super) struct Revoke<R> {
    /// As the group named them.
    pub(super) names: Vec<TopicPartition>,
    pub(super) partitions: Vec<Partition<R>>,
    pub(super) drain: Drain,
    pub(super) began: Instant,
}
