//! Rebalances: partitions that are assigned, revoked or lost.

use std::time::Instant;

use super::{
    Driver,
    commit::commit,
    drain::{Drain, Revoke},
};
use crate::{
    engine::log_text::partitions,
    transport::{Client, TopicPartition},
};

impl<C: Client> Driver<C> {
    pub(super) fn assigned(&mut self, names: &[TopicPartition], now: Instant) {
        self.keep_positions();
        if !names.is_empty() {
            self.shared.health.clear(&self.group_denied(), now);
        }
        for name in names {
            let window = self.settings.max_uncommitted;
            let assignment = self.shared.assignments().add(name.topic.clone(), name.partition, window);
            self.partitions.assign(name.clone(), assignment);
        }
        self.client.assign(names);
        self.count_assigned();
        // There are more members than partitions, or the rebalance changes nothing for this one.
        if !names.is_empty() {
            tracing::info!(
                partitions = partitions(names),
                total = self.partitions.iter().count(),
                "partitions assigned"
            );
        }
    }

    pub(super) fn revoked(&mut self, names: &[TopicPartition], lost: bool, now: Instant) {
        let partitions: Vec<_> = names.iter().filter_map(|name| self.partitions.remove(name)).collect();
        self.keep_positions();
        self.count_assigned();
        self.forget_fetch_errors(names, now);
        // A lost partition may already be assigned to another member: there is no time to wait, and nothing may be
        // committed.
        let deadline = if lost { now } else { self.drain_deadline(now) };
        let drain = Drain::begin(&self.settings.control, partitions.iter(), deadline, now);
        let revoke = Revoke { names: names.to_vec(), partitions, drain, began: now };
        if lost {
            self.give_back(revoke, true, now);
        } else {
            // Not given up before every event of the client is handled: a commit may have been rejected.
            self.revokes.push(revoke);
        }
    }

    /// Gives up the partitions that are drained by now.
    pub(super) fn progress_revokes(&mut self, now: Instant) {
        let mut next = 0;
        while next < self.revokes.len() {
            let revoke = &mut self.revokes[next];
            let lost = self.client.is_lost();
            if !lost && !revoke.drain.is_over(&self.settings.control, &revoke.partitions.iter(), now) {
                next += 1;
                continue;
            }
            let revoke = self.revokes.remove(next);
            self.give_back(revoke, lost, now);
        }
    }

    /// Abandons the client: the results of its records are discarded, and the records are redelivered to the next
    /// owners of its partitions.
    pub(crate) fn abandon(&mut self, now: Instant) {
        self.unsent = None;
        let names: Vec<_> = self.partitions.iter().map(|partition| partition.name.clone()).collect();
        for index in self.all_assignments() {
            self.shared.assignments().remove(index);
        }
        let partitions = names.iter().filter_map(|name| self.partitions.remove(name)).collect::<Vec<_>>();
        // The dispatcher drops waiting commands even if its answer is not received.
        drop(Drain::begin(&self.settings.control, partitions.iter(), now, now));
        self.revokes.clear();
        self.count_assigned();
        self.forget_fetch_errors(&names, now);
    }

    fn all_assignments(&self) -> Vec<u32> {
        let draining = self.revokes.iter().flat_map(|revoke| &revoke.partitions);
        self.partitions.iter().chain(draining).map(|partition| partition.tracker.assignment().index()).collect()
    }

    fn give_back(&mut self, mut revoke: Revoke<C::Record>, lost: bool, now: Instant) {
        if !lost && commit(&mut self.client, C::commit, revoke.partitions.iter_mut(), now) {
            self.unanswered.started(now);
        }
        let left: usize = revoke.partitions.iter().map(|partition| partition.tracker.unfinished()).sum();
        for partition in &revoke.partitions {
            self.shared.assignments().remove(partition.tracker.assignment().index());
        }
        // The client keeps a pause beyond the assignment: if the partition is assigned again, it would never be read.
        let paused = revoke.partitions.iter().filter(|each| each.throttled.is_some_and(|throttled| throttled.paused));
        let paused: Vec<_> = paused.map(|partition| partition.name.clone()).collect();
        if !paused.is_empty() {
            self.client.resume(&paused);
        }
        self.client.unassign(&revoke.names);
        if revoke.names.is_empty() {
            return;
        }
        tracing::info!(
            partitions = partitions(&revoke.names),
            total = self.partitions.iter().count(),
            lost,
            uncommitted = left,
            drained_in = ?now.duration_since(revoke.began),
            "partitions revoked"
        );
    }

    /// Tells the client where to continue in the remaining partitions: a rebalance pauses all of them until it is
    /// answered, and the client would continue after what it delivered last, which may have been an error or the end of
    /// the log.
    fn keep_positions(&mut self) {
        let positions = self.partitions.positions();
        if !positions.is_empty() {
            self.client.seek(&positions);
        }
    }
}
