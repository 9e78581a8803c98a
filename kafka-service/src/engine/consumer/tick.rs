//! What the consuming side does periodically.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use crate::{engine::Driver, health::Reason, transport::Client};

/// The maximum interval between commits of finished work.
const COMMIT_EVERY: Duration = Duration::from_millis(100);
/// How long commits may be unacknowledged before the service is not ready. The election of another coordinator is
/// usually faster.
const UNACKNOWLEDGED_TOO_LONG: Duration = Duration::from_millis(4_500);

impl<C: Client> Driver<C> {
    /// Does everything that is due.
    pub(super) fn tick(&mut self, now: Instant) {
        if now.duration_since(self.last_commit) < COMMIT_EVERY {
            return;
        }
        self.last_commit = now;
        self.commit(now);
        self.poll_watch.look(&self.settings.costs, now);
        self.watch_commits(now);
        self.shared.health.tick(self.shared.fatal.reason(), now);
    }

    fn watch_commits(&mut self, now: Instant) {
        let health = &self.shared.health;
        let uncommitted = self.partitions.iter().map(|partition| partition.tracker.uncommitted()).max();
        health.uncommitted.store(uncommitted.unwrap_or(0), Ordering::Relaxed);
        let waiting = self.commit_unacknowledged_for(now);
        let millis = usize::try_from(waiting.as_millis()).unwrap_or(usize::MAX);
        health.commit_unacknowledged_ms.store(millis, Ordering::Relaxed);
        let reason = || Reason::CommitsFailing { group: self.shared.group.clone() };
        if waiting >= UNACKNOWLEDGED_TOO_LONG {
            let cause = match self.refusals.last() {
                "" => "no response from the group coordinator".to_owned(),
                refusal => refusal.to_owned(),
            };
            health.raise(reason(), cause, now);
        } else if health.has(|reason| matches!(reason, Reason::CommitsFailing { .. })) {
            health.clear(&reason(), now);
        }
    }

    /// How long the oldest commit has been waiting for its acknowledgement.
    pub(crate) fn commit_unacknowledged_for(&self, now: Instant) -> Duration {
        let oldest = self.partitions.iter().filter_map(|partition| partition.commit_unacknowledged_since).min();
        oldest.map(|since| now.duration_since(since)).unwrap_or_default()
    }
}
