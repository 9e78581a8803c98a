//! Replaces a consuming client that makes no progress, and reports if that does not help.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    engine::{Counters, Shared},
    health::{Achieved, Reason, StallWatch, Verdict, Work},
    transport::Progress,
};

/// Checks whether records are waiting and nothing is received, handled or committed.
pub(super) struct StallCheck {
    shared: Arc<Shared>,
    watch: StallWatch,
}

impl StallCheck {
    /// `None` disables the check.
    pub(super) fn new(shared: Arc<Shared>, limit: Option<Duration>, now: Instant) -> Self {
        Self { shared, watch: StallWatch::new(limit, now) }
    }

    /// Returns why the client should be replaced, if it should.
    pub(super) fn look(&mut self, progress: &Progress<'_>, is_waiting: bool, now: Instant) -> Option<String> {
        let (counters, health) = (&self.shared.counters, &self.shared.health);
        let handled = [&counters.finished, &counters.dead_lettered, &counters.skipped, &counters.retries];
        let made = Achieved {
            received: Counters::get(&counters.received),
            handled: handled.into_iter().map(Counters::get).sum(),
            committed: progress.committed,
        };
        let is_waiting = is_waiting && !progress.partitions.is_empty();
        let is_excused = Counters::get(&counters.waiting_for_retry) > 0 || health.has(Reason::is_outside);
        match self.watch.look(made, Work { is_waiting, is_excused }, now) {
            Verdict::Fine => {
                if health.is_stalled() {
                    health.set_stalled(false);
                    health.clear(&Reason::Stalled, now);
                }
                None
            }
            Verdict::Recreate => {
                Some("no record received, handled or committed although records are waiting".to_owned())
            }
            Verdict::Stalled => {
                health.set_stalled(true);
                health.raise(Reason::Stalled, "replacing the Kafka consumer did not help", now);
                None
            }
        }
    }
}
