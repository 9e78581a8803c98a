//! The consuming client of one instance, in the shape in which the driver wants it.

use std::{sync::Arc, time::Duration};

use super::{
    coverage::State,
    member::{Assigned, Member, Request},
    topic::{self, Command, place},
    world::{Shared, World, open},
};
use crate::{
    consume::{ANSWER_WITHIN, Client, ClientEvent, CommitAnswer, FetchError, FetchErrorKind, TopicPartition},
    message::{Header, Record, RecordTime},
};

/// A client that never waits.
pub(super) struct SimClient {
    pub(super) world: Shared,
    pub(super) instance: u32,
}

/// A record as the client gives it out.
#[derive(Debug)]
pub(super) struct SimRecord {
    command: Option<Arc<Command>>,
    partition: i32,
    tenure: u64,
}

impl Record for SimRecord {
    fn value(&self) -> Option<&[u8]> {
        self.command.as_ref()?.value.as_deref()
    }

    fn key(&self) -> Option<&[u8]> {
        self.command.as_ref()?.key.as_deref()
    }

    fn offset(&self) -> i64 {
        self.command.as_ref().map_or(-1, |command| command.offset)
    }

    /// The tenure: whatever comes of the record carries it along, and the checks see where it belongs.
    fn timestamp(&self) -> Option<RecordTime> {
        i64::try_from(self.tenure).ok().map(RecordTime::of_producer)
    }

    fn headers(&self) -> Vec<Header> {
        Vec::new()
    }
}

impl SimClient {
    fn with<T>(&self, act: impl FnOnce(&mut World, u32) -> T) -> T {
        act(&mut open(&self.world), self.instance)
    }
}

impl World {
    pub(super) fn member(&mut self, instance: u32) -> &mut Member {
        self.members.get_mut(&instance).expect("a process that lives has a client")
    }

    fn serve(&mut self, instance: u32, wait: Duration) -> Vec<ClientEvent> {
        let now = self.time.now();
        let member = self.members.get_mut(&instance).expect("a process that lives has a client");
        // Every step begins with this.
        member.waited = wait.as_millis();
        let events: Vec<_> = member.events.drain(..).collect();
        for event in &events {
            if let ClientEvent::Committed(_) = event {
                member.unanswered = member.unanswered.saturating_sub(1);
            }
            match event {
                ClientEvent::Revoked { partitions, lost } => {
                    for name in partitions {
                        member.asked_back.insert(name.partition, Some(now));
                        if let Some(assigned) = member.assigned.get(&name.partition) {
                            let tenure = self.ledger.tenure(assigned.tenure);
                            tenure.draining = true;
                            tenure.lost |= *lost;
                        }
                    }
                }
                ClientEvent::Committed(CommitAnswer::Refused(names, _)) => {
                    self.coverage.see(instance, State::CommitRefused);
                    for assigned in names.iter().filter_map(|name| member.assigned.get(&name.partition)) {
                        self.ledger.refused(assigned.tenure);
                    }
                }
                _ => {}
            }
        }
        if !events.is_empty() {
            self.note(|| format!("instance {instance} is served {events:?}"));
        }
        events
    }

    fn take(&mut self, instance: u32, limit: usize, wait: Duration) -> Vec<SimRecord> {
        let mut records = Vec::new();
        if self.choices.chance("error", self.rates.error_record) {
            records.push(SimRecord { command: None, partition: 0, tenure: 0 });
        }
        let count = self.choices.between("taken", 1, 24);
        let member = self.members.get_mut(&instance).expect("a process that lives has a client");
        member.waited += wait.as_millis();
        let count = count.min(limit).min(member.queue.len());
        for (tenure, partition, record) in member.queue.drain(..count) {
            if let Some(assigned) = member.assigned.get_mut(&partition) {
                assigned.given_out = record + 1;
            }
            let command = &self.topic.partition(partition).records[record];
            self.ledger.given_out(tenure, record, &command.plan, &self.settings);
            records.push(SimRecord { command: Some(Arc::clone(command)), partition, tenure });
        }
        let taken = || records.iter().map(|record| (record.partition, record.offset())).collect::<Vec<_>>();
        if !records.is_empty() {
            self.note(|| format!("instance {instance} takes {:?}", taken()));
        }
        records
    }

    fn assign(&mut self, instance: u32, partition: i32) {
        let committed = self.group.committed[place(partition)];
        let base = self.topic.partition(partition).place_of(committed);
        let tenure = self.ledger.begin(instance, partition, base);
        let assigned = Assigned {
            tenure,
            position: base,
            given_out: base,
            own: Default::default(),
            forwarded: true,
            stored: -1,
            committed,
        };
        let before = self.member(instance).assigned.insert(partition, assigned);
        if before.is_some() {
            self.ledger.violate("C1 a partition is assigned once", format!("{partition} to instance {instance}"));
        }
        self.note(|| format!("instance {instance} has partition {partition} from {committed} (tenure {tenure})"));
    }

    fn unassign(&mut self, instance: u32, partition: i32) {
        let member = self.member(instance);
        member.drop_fetched(partition);
        let (asked, lost) = (member.asked_back.remove(&partition), member.lost);
        let Some(assigned) = member.assigned.remove(&partition).filter(|_| asked.is_some()) else {
            let what = format!("{partition} of instance {instance}");
            return self.ledger.violate("C1 only what was asked for is given back, once", what);
        };
        member.returning.insert(partition);
        self.ledger.tenure(assigned.tenure).lost |= lost;
        self.ledger.given_back(assigned.tenure);
        self.note(|| format!("instance {instance} gives partition {partition} back"));
    }

    fn commit(&mut self, instance: u32, offsets: &[(TopicPartition, i64)]) -> Result<(), String> {
        self.note(|| format!("instance {instance} commits {offsets:?}"));
        let fails = self.choices.chance("not-started", self.rates.commit_not_started);
        let now = self.time.now();
        let member = self.members.get_mut(&instance).expect("a process that lives has a client");
        for (name, offset) in offsets {
            let Some(assigned) = member.assigned.get_mut(&name.partition) else {
                let what = format!("{name} at {offset} by instance {instance}");
                self.ledger.violate("I2 nothing is committed for a partition that is not owned", what);
                return Err("not assigned".to_owned());
            };
            if member.lost && member.asked_back.contains_key(&name.partition) {
                self.ledger.tenure(assigned.tenure).lost = true;
            }
            assigned.stored = assigned.stored.max(*offset);
            self.ledger.committing(&self.topic, assigned.tenure, *offset);
            let waits = member.last_commit.is_some_and(|last| now < last + ANSWER_WITHIN);
            if member.unanswered > 0 && waits && !self.ledger.tenure(assigned.tenure).draining {
                let what = format!("{name} at {offset} by instance {instance}");
                self.ledger.violate("C2 a commit waits for the answer to the one before", what);
            }
            if fails {
                self.ledger.not_started(assigned.tenure);
            }
        }
        if fails {
            self.coverage.see(instance, State::CommitNotStarted);
            return Err("not now".to_owned());
        }
        member.unanswered =
            if member.last_commit.is_some_and(|last| now >= last + ANSWER_WITHIN) { 1 } else { member.unanswered + 1 };
        member.last_commit = Some(now);
        // All that is stored and new, whatever this call was about.
        let stored = member.assigned.iter().filter(|(_, assigned)| assigned.stored > assigned.committed);
        let offsets: Vec<_> = stored.map(|(place, assigned)| (assigned.tenure, *place, assigned.stored)).collect();
        if offsets.is_empty() {
            member.events.push_back(ClientEvent::Committed(CommitAnswer::Accepted(Vec::new())));
        } else {
            member.requests.push_back(Request { member: member.id, offsets });
        }
        Ok(())
    }

    fn forward(&mut self, instance: u32, partition: i32, forwarded: bool) {
        let member = self.member(instance);
        let Some(assigned) = member.assigned.get_mut(&partition) else { return };
        assigned.forwarded = forwarded;
        if forwarded {
            member.queue.extend(assigned.own.drain(..).map(|record| (assigned.tenure, partition, record)));
        }
    }

    fn pause(&mut self, instance: u32, partition: i32, paused: bool) {
        self.ledger.counts.paused += u64::from(paused);
        let member = self.member(instance);
        if paused {
            member.drop_fetched(partition);
            member.paused.insert(partition);
        } else {
            member.paused.remove(&partition);
        }
    }
}

impl Client for SimClient {
    type Record = SimRecord;

    fn serve(&mut self, wait: Duration) -> Vec<ClientEvent> {
        self.with(|world, instance| world.serve(instance, wait))
    }

    fn take(&mut self, limit: usize, wait: Duration) -> Vec<SimRecord> {
        self.with(|world, instance| world.take(instance, limit, wait))
    }

    fn handle(record: &SimRecord) -> (usize, i32) {
        (0, record.partition)
    }

    fn topic(_: &SimRecord) -> String {
        topic::NAME.to_owned()
    }

    fn error(record: &SimRecord) -> Option<FetchError> {
        record.command.is_none().then(|| FetchError { kind: FetchErrorKind::Passing, cause: "no leader".to_owned() })
    }

    fn assign(&mut self, partitions: &[TopicPartition]) {
        self.with(|world, instance| partitions.iter().for_each(|name| world.assign(instance, name.partition)));
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        self.with(|world, instance| partitions.iter().for_each(|name| world.unassign(instance, name.partition)));
    }

    fn is_lost(&self) -> bool {
        self.with(|world, instance| world.member(instance).lost)
    }

    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) -> Result<(), String> {
        self.with(|world, instance| world.commit(instance, offsets))
    }

    fn hold(&mut self, partitions: &[TopicPartition]) {
        self.with(|world, instance| partitions.iter().for_each(|name| world.forward(instance, name.partition, false)));
    }

    fn release(&mut self, partitions: &[TopicPartition]) {
        self.with(|world, instance| partitions.iter().for_each(|name| world.forward(instance, name.partition, true)));
    }

    fn pause(&mut self, partitions: &[TopicPartition]) {
        self.with(|world, instance| partitions.iter().for_each(|name| world.pause(instance, name.partition, true)));
    }

    fn resume(&mut self, partitions: &[TopicPartition]) {
        self.with(|world, instance| partitions.iter().for_each(|name| world.pause(instance, name.partition, false)));
    }

    fn unsubscribe(&mut self) {
        self.with(|world, instance| world.member(instance).leaving = true);
    }
}
