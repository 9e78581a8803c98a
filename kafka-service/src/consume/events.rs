//! Handles the events that the client reports.

use std::time::Instant;

use super::{
    Client, ClientEvent, CommitAnswer, Driver, End, TopicPartition,
    commit::commit,
    partition::Partition,
    revoke::{Drain, Revoke},
};
use crate::health::{Operation, Reason, Resource};

impl<C: Client> Driver<C> {
    pub(super) fn event(&mut self, event: ClientEvent, now: Instant) -> Option<End> {
        match event {
            ClientEvent::Assigned(partitions) => self.assigned(&partitions, now),
            ClientEvent::Revoked { partitions, lost } => self.revoked(&partitions, lost, now),
            ClientEvent::Committed(answer) => self.committed(answer, now),
            ClientEvent::Overtaken(name, offset) => {
                if let Some(partition) = self.partitions.find(&name) {
                    partition.overtake(offset);
                }
            }
            ClientEvent::NotNewer(names) => self.not_newer(&names),
            ClientEvent::ProtocolRefused => return Some(End::ProtocolRefused),
            ClientEvent::GroupDenied(cause) => self.settings.health.raise(self.group_denied(), cause, now),
            ClientEvent::Fatal(reason) => return Some(End::Fatal(reason, self.ended())),
            ClientEvent::Ended(reason) => return Some(End::Recreate(reason)),
        }
        None
    }

    fn group_denied(&self) -> Reason {
        let resource = Resource::Group(self.settings.core.settings.group.clone());
        Reason::NotAuthorized { resource, operation: Operation::Read }
    }

    fn assigned(&mut self, names: &[TopicPartition], now: Instant) {
        self.keep_positions();
        if !names.is_empty() {
            self.settings.health.clear(&self.group_denied(), now);
        }
        for name in names {
            let assignments = &self.settings.core.acks.assignments;
            let assignment = assignments.add(name.topic.clone(), name.partition, self.settings.max_uncommitted);
            self.partitions.assign(name.clone(), assignment);
        }
        self.client.assign(names);
        self.count_assigned();
        tracing::info!(partitions = list(names), "partitions assigned");
    }

    fn revoked(&mut self, names: &[TopicPartition], lost: bool, now: Instant) {
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
        let mut place = 0;
        while place < self.revokes.len() {
            let revoke = &mut self.revokes[place];
            let lost = self.client.is_lost();
            if !lost && !revoke.drain.is_over(&self.settings.control, &revoke.partitions.iter(), now) {
                place += 1;
                continue;
            }
            let revoke = self.revokes.remove(place);
            self.give_back(revoke, lost, now);
        }
    }

    /// Abandons the client: the results of its records are discarded, and the records are redelivered to the next
    /// owners of its partitions.
    pub(crate) fn abandon(&mut self, now: Instant) {
        self.unsent = None;
        let names: Vec<_> = self.partitions.iter().map(|partition| partition.name.clone()).collect();
        for index in self.all_assignments() {
            self.settings.core.acks.assignments.remove(index);
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
            self.settings.core.acks.assignments.remove(partition.tracker.assignment().index());
        }
        // The client keeps a pause beyond the assignment: if the partition is assigned again, it would never be read.
        let paused = revoke.partitions.iter().filter(|each| each.hold.is_some_and(|hold| hold.paused));
        let paused: Vec<_> = paused.map(|partition| partition.name.clone()).collect();
        if !paused.is_empty() {
            self.client.resume(&paused);
        }
        self.client.unassign(&revoke.names);
        tracing::info!(
            partitions = list(&revoke.names),
            lost,
            uncommitted = left,
            drained_in = ?now.duration_since(revoke.began),
            "partitions revoked"
        );
    }

    /// Handles all events from before the records that were just taken, if these may be the first of a partition.
    pub(super) fn catch_up(&mut self, records: &[C::Record], now: Instant) -> Option<End> {
        if records.is_empty() || !self.partitions.any_new() {
            return None;
        }
        let events = self.client.catch_up();
        events.into_iter().find_map(|event| self.event(event, now))
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

    /// The client left these partitions out of a commit.
    fn not_newer(&mut self, names: &[TopicPartition]) {
        let waiting = self.partitions.iter_mut().filter(|partition| partition.tracker.awaits_confirmation());
        for partition in waiting.filter(|partition| names.contains(&partition.name)) {
            partition.tracker.not_newer();
            partition.unconfirmed_since =
                partition.unconfirmed_since.filter(|_| partition.tracker.awaits_confirmation());
        }
    }

    /// A partition that is assigned or still draining: what finished earlier must still be committed.
    fn owned(&mut self, name: &TopicPartition) -> Option<&mut Partition<C::Record>> {
        let draining = self.revokes.iter_mut().flat_map(|revoke| &mut revoke.partitions);
        self.partitions.find(name).or_else(|| draining.into_iter().find(|partition| partition.name == *name))
    }

    fn committed(&mut self, answer: CommitAnswer, now: Instant) {
        self.unanswered.answered();
        match answer {
            CommitAnswer::Accepted(offsets) => {
                self.refusals.end();
                self.settings.health.clear(&self.group_denied(), now);
                for (name, offset) in offsets {
                    if let Some(partition) = self.owned(&name) {
                        confirm(partition, offset, now);
                    }
                }
            }
            CommitAnswer::Refused(names, reason) => {
                // Health reports it if it lasts.
                tracing::debug!(partitions = list(&names), reason, "offset commit failed; retrying");
                self.refusals.add(reason.clone(), now);
                let mut revoked = Vec::new();
                for name in names {
                    match self.owned(&name) {
                        Some(partition) => partition.tracker.hand_over_again(),
                        None => revoked.push(name),
                    }
                }
                if !revoked.is_empty() {
                    tracing::warn!(
                        partitions = list(&revoked),
                        reason,
                        "offset commit of revoked partitions failed; records handled since the last commit will be redelivered"
                    );
                }
            }
        }
    }

    /// Warns that the shutdown is over without an answer to the last commits.
    pub(super) fn warn_of_unconfirmed(&self) {
        if self.unanswered.hold_back() {
            tracing::warn!(
                group = self.settings.core.settings.group,
                last_refusal = self.refusals.last(),
                help = "the group coordinator was unreachable or rebalancing; unless it received the commit, records handled \
                        since the previous commit will be redelivered",
                "shut down before the last offset commit was acknowledged"
            );
        }
    }
}

fn confirm<R>(partition: &mut Partition<R>, offset: i64, now: Instant) {
    partition.tracker.confirm(offset);
    partition.unconfirmed_since = partition.tracker.awaits_confirmation().then_some(now);
}

/// `commands[0], commands[1]`, for a log line.
fn list(names: &[TopicPartition]) -> String {
    let mut names: Vec<_> = names.iter().map(ToString::to_string).collect();
    names.sort_unstable();
    names.join(", ")
}
