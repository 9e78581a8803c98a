//! Revoked partitions: no new commands start, those in flight may finish within a deadline, finished work is committed,
//! and only then is the partition given up. Meanwhile the client is polled and the other partitions continue.
//!
//! Keys progress at different speeds, so there are gaps: commands that were not started, before others that are
//! finished. What is finished behind a gap cannot be committed and would be handled twice, so gaps are filled for a
//! while.

use std::{
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use tokio::sync::mpsc::UnboundedSender;

use super::partition::Partition;
use crate::{engine::Control, offsets::Assignment, transport::TopicPartition};

/// A drain of some partitions.
#[derive(Debug)]
pub(super) struct Drain {
    answer: Receiver<()>,
    answered: bool,
    /// Until when gaps are filled.
    fill_until: Instant,
    /// Whether gaps are no longer filled.
    closed: bool,
    deadline: Instant,
}

/// How long gaps are filled at most. One key may have as many commands as a whole window holds.
const FILL_WITHIN: Duration = Duration::from_secs(3);

impl Drain {
    /// From now on, starts no commands of these partitions except to fill gaps. This is certain once the dispatcher has
    /// answered.
    pub(super) fn begin<'a, R: 'a>(
        control: &UnboundedSender<Control>,
        partitions: impl Iterator<Item = &'a Partition<R>>,
        deadline: Instant,
        now: Instant,
    ) -> Self {
        let fill_until = now + FILL_WITHIN.min(deadline.saturating_duration_since(now) / 2);
        let (_, answer) = mpsc::channel();
        let mut drain = Self { answer, answered: false, fill_until, closed: false, deadline };
        drain.ask(control, partitions, Assignment::drain);
        drain
    }

    /// Moves the deadline forward, unless it is earlier.
    pub(super) fn end_by(&mut self, deadline: Instant) {
        self.deadline = self.deadline.min(deadline);
    }

    /// Marks the assignments, and lets the dispatcher drop what will not be started.
    fn ask<'a, R: 'a>(
        &mut self,
        control: &UnboundedSender<Control>,
        partitions: impl Iterator<Item = &'a Partition<R>>,
        mark: fn(&Assignment),
    ) {
        let assignments = partitions.map(|partition| partition.tracker.assignment());
        let assignments: Vec<_> = assignments.inspect(|assignment| mark(assignment)).map(|each| each.index()).collect();
        let (done, answer) = mpsc::channel();
        // Without assignments there is nothing to wait for, and without a dispatcher nothing can start.
        self.answered = assignments.is_empty() || control.send(Control::Drain { assignments, done }).is_err();
        self.answer = answer;
    }

    /// Whether everything in flight has finished, or the deadline has passed.
    pub(super) fn is_over<'a, R: 'a>(
        &mut self,
        control: &UnboundedSender<Control>,
        partitions: &(impl Iterator<Item = &'a Partition<R>> + Clone),
        now: Instant,
    ) -> bool {
        self.answered |= self.answer.try_recv().is_ok();
        if now >= self.deadline {
            return true;
        }
        if !self.answered {
            return false;
        }
        if !self.closed && (now >= self.fill_until || !partitions.clone().any(|each| each.tracker.has_gap())) {
            self.closed = true;
            self.ask(control, partitions.clone(), Assignment::close);
        }
        self.closed && self.answered && !partitions.clone().any(|each| each.tracker.has_running())
    }
}

/// Partitions that are being revoked.
pub(super) struct Revoke<R> {
    /// As the group named them.
    pub(super) names: Vec<TopicPartition>,
    pub(super) partitions: Vec<Partition<R>>,
    pub(super) drain: Drain,
    pub(super) began: Instant,
}
