//! Shutdown: how the driver is told to stop, how it drains, and what is left unfinished.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::{Driver, drain::Drain, driver::Phase};
use crate::{
    engine::consumer::driver::{End, Step},
    sync,
    transport::Client,
};

/// Tells the driver to stop, and by when. Shared with everything that may request it.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    requested: AtomicBool,
    deadline: Mutex<Option<Instant>>,
}

impl Stop {
    /// Requests to receive no more records, let handlers finish until `deadline`, commit, and leave the group. Of
    /// several deadlines the earliest counts.
    pub(crate) fn request(&self, deadline: Instant) {
        let mut earliest = sync::lock(&self.deadline);
        *earliest = Some(earliest.map_or(deadline, |earliest| earliest.min(deadline)));
        drop(earliest);
        self.requested.store(true, Ordering::Release);
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Acquire)
    }

    /// The deadline; `None` while no stop is requested.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if !self.is_requested() {
            return None;
        }
        *sync::lock(&self.deadline)
    }
}

/// What was unfinished when the driver ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Records that were taken and are not finished. They are not committed, so they are redelivered.
    pub(crate) left: usize,
    /// Those of them whose handlers were still running, or whose events were not acknowledged yet.
    pub(crate) running: usize,
}

/// How long leaving the group may take after the deadline of a shutdown.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

impl<C: Client> Driver<C> {
    pub(super) fn progress_stop(&mut self, now: Instant) -> Step {
        self.shorten_drains();
        match &mut self.phase {
            Phase::Consuming => {
                self.unsent = None;
                let deadline = self.settings.stop.deadline().unwrap_or(now);
                let drain = Drain::begin(&self.settings.control, self.partitions.iter(), deadline, now);
                self.phase = Phase::Draining(drain);
            }
            Phase::Draining(drain) => {
                if drain.is_over(&self.settings.control, &self.partitions.iter(), now) && self.revokes.is_empty() {
                    self.commit_final(now);
                    let ended = self.ended();
                    self.client.unsubscribe();
                    let deadline = self.settings.stop.deadline().unwrap_or(now);
                    let least = now + LEAVE_WITHIN;
                    self.phase = Phase::Leaving { least, until: deadline.max(least), ended };
                }
            }
            Phase::Leaving { until, ended, .. } => {
                let has_left = self.partitions.is_empty() && self.revokes.is_empty();
                if has_left && !self.unanswered.hold_back() {
                    return Step::End(End::Stopped(*ended));
                }
                if now >= *until {
                    let ended = *ended;
                    self.warn_of_unacknowledged_commit();
                    return Step::End(End::Stopped(ended));
                }
            }
        }
        Step::Again
    }

    /// The deadline of the shutdown may have been moved forward.
    fn shorten_drains(&mut self) {
        let Some(deadline) = self.settings.stop.deadline() else { return };
        self.revokes.iter_mut().for_each(|revoke| revoke.drain.end_by(deadline));
        match &mut self.phase {
            Phase::Consuming => {}
            Phase::Draining(drain) => drain.end_by(deadline),
            Phase::Leaving { least, until, .. } => *until = deadline.max(*least).min(*until),
        }
    }

    /// The deadline of a revocation that starts now.
    pub(super) fn drain_deadline(&self, now: Instant) -> Instant {
        match self.phase {
            // Everything has had its time.
            Phase::Leaving { .. } => now,
            _ => self
                .settings
                .stop
                .deadline()
                .unwrap_or(now + self.settings.drain_deadline)
                .min(now + self.settings.drain_deadline),
        }
    }

    pub(super) fn ended(&self) -> Ended {
        let owned = self.partitions.iter().chain(self.revokes.iter().flat_map(|revoke| &revoke.partitions));
        owned.fold(Ended::default(), |ended, partition| Ended {
            left: ended.left + partition.tracker.unfinished(),
            running: ended.running + partition.tracker.running(),
        })
    }

    /// Warns that the shutdown is over without an answer to the last commits.
    pub(super) fn warn_of_unacknowledged_commit(&self) {
        if self.unanswered.hold_back() {
            tracing::warn!(
                group = self.shared.group,
                last_error = self.refusals.last(),
                help = "the group coordinator was unreachable or rebalancing; unless it received the commit, records handled \
                        since the previous commit will be redelivered",
                "shut down before the last offset commit was acknowledged"
            );
        }
    }
}
