//! The broker's answers to commits.

use std::time::Instant;

use super::{Driver, partition::Partition};
use crate::{
    engine::log_text::partitions,
    transport::{Client, CommitAnswer, TopicPartition},
};

impl<C: Client> Driver<C> {
    /// The client left these partitions out of a commit.
    pub(super) fn not_newer(&mut self, names: &[TopicPartition]) {
        let waiting = self.partitions.iter_mut().filter(|partition| partition.tracker.awaits_confirmation());
        for partition in waiting.filter(|partition| names.contains(&partition.name)) {
            partition.tracker.not_newer();
            partition.commit_unacknowledged_since =
                partition.commit_unacknowledged_since.filter(|_| partition.tracker.awaits_confirmation());
        }
    }

    /// A partition that is assigned or still draining: what finished earlier must still be committed.
    fn owned(&mut self, name: &TopicPartition) -> Option<&mut Partition<C::Record>> {
        let draining = self.revokes.iter_mut().flat_map(|revoke| &mut revoke.partitions);
        self.partitions.find(name).or_else(|| draining.into_iter().find(|partition| partition.name == *name))
    }

    pub(super) fn committed(&mut self, answer: CommitAnswer, now: Instant) {
        self.unanswered.answered();
        match answer {
            CommitAnswer::Accepted(offsets) => {
                self.refusals.end();
                self.shared.health.clear(&self.group_denied(), now);
                for (name, offset) in offsets {
                    if let Some(partition) = self.owned(&name) {
                        confirm(partition, offset, now);
                    }
                }
            }
            CommitAnswer::Refused(names, reason) => {
                // Health reports it if it lasts.
                tracing::debug!(partitions = partitions(&names), reason, "offset commit failed; retrying");
                self.refusals.add(reason.clone(), now);
                let mut revoked = Vec::new();
                for name in names {
                    match self.owned(&name) {
                        Some(partition) => partition.tracker.reset_uncommitted(),
                        None => revoked.push(name),
                    }
                }
                if !revoked.is_empty() {
                    tracing::warn!(
                        partitions = partitions(&revoked),
                        reason,
                        "offset commit of revoked partitions failed; records handled since the last commit will be redelivered"
                    );
                }
            }
        }
    }
}

fn confirm<R>(partition: &mut Partition<R>, offset: i64, now: Instant) {
    partition.tracker.confirm(offset);
    partition.commit_unacknowledged_since = partition.tracker.awaits_confirmation().then_some(now);
}
