//! What the consuming side does by the clock.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use super::{Client, Driver};

/// How often finished work is committed at least.
const COMMIT_EVERY: Duration = Duration::from_millis(100);
/// A commit that is not confirmed for this long is worth a line in the log.
const UNCONFIRMED_TOO_LONG: Duration = Duration::from_secs(10);
/// A member without partitions counts as taking part after this long without a problem.
const MEMBER_AFTER: Duration = Duration::from_secs(10);

impl<C: Client> Driver<C> {
    /// Everything that is due by time.
    pub(super) fn tick(&mut self, now: Instant) {
        if now.duration_since(self.last_commit) < COMMIT_EVERY {
            return;
        }
        self.last_commit = now;
        self.commit(now);
        self.watch_handlers(now);
        let health = &self.settings.health;
        let uncommitted = self.partitions.iter().map(|partition| partition.tracker.uncommitted()).max();
        health.uncommitted.store(uncommitted.unwrap_or(0), Ordering::Relaxed);
        let unconfirmed = self.partitions.iter().filter_map(|partition| partition.unconfirmed_since).min();
        let unconfirmed = unconfirmed.map(|since| now.duration_since(since)).unwrap_or_default();
        let millis = usize::try_from(unconfirmed.as_millis()).unwrap_or(usize::MAX);
        health.unconfirmed_ms.store(millis, Ordering::Relaxed);
        if unconfirmed >= UNCONFIRMED_TOO_LONG && now.duration_since(self.last_alarm) >= UNCONFIRMED_TOO_LONG {
            self.last_alarm = now;
            tracing::warn!(
                unconfirmed_for = ?unconfirmed,
                uncommitted,
                "the broker does not confirm commits; if this instance dies now, what is uncommitted is delivered again"
            );
        }
        if now.duration_since(self.began) > MEMBER_AFTER && health.problem().is_none() {
            health.member.store(true, Ordering::Relaxed);
        }
    }

    /// A handler that is still in the poll in which it was at the last look does not give the thread back.
    fn watch_handlers(&mut self, now: Instant) {
        let current = self.settings.core.costs.current();
        let Some((poll, cost)) = current else {
            self.seen_poll = None;
            return;
        };
        match self.seen_poll {
            Some((seen, since)) if seen == poll => cost.warn(now.duration_since(since)),
            _ => self.seen_poll = Some((poll, now)),
        }
    }
}
