//! The consuming client of one instance, as the driver requires it.

use std::{sync::Arc, time::Duration};

use super::{
    coverage::Situation,
    member::{Assigned, Item, Member},
    topic::{self, Command, place},
    world::{SharedWorld, World, open},
};
use crate::{
    engine::ANSWER_WITHIN,
    message::{Header, Record, RecordTime},
    transport::{Client, ClientEvent, CommitAnswer, FetchError, FetchErrorKind, Position, TopicPartition},
};

/// A client that never waits.
pub(super) struct SimClient {
    pub(super) world: SharedWorld,
    pub(super) instance: u32,
}

/// A record as the client delivers it.
#[derive(Debug)]
pub(super) struct SimRecord {
    command: Option<Arc<Command>>,
    /// Where it was fetched; -1 if it was not.
    offset: i64,
    /// Whether it is the end of the log.
    is_end: bool,
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
        self.offset
    }

    /// The tenure: whatever results from the record carries it, so the checks see where it belongs.
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
        // Every step starts with this call.
        member.waited = wait.as_millis();
        let events: Vec<_> = member.events.drain(..).collect();
        for event in &events {
            if let ClientEvent::Committed(answer) = event {
                member.unanswered = member.unanswered.saturating_sub(1);
                member.refused = matches!(answer, CommitAnswer::Refused(..));
            }
            match event {
                ClientEvent::Revoked { partitions, lost } => {
                    for name in partitions {
                        member.asked_back.insert(name.partition, Some(now));
                        let assigned = member.assigned.get(&name.partition);
                        for tenure in assigned.into_iter().flat_map(|each| each.old.iter().chain([&each.tenure])) {
                            let tenure = self.ledger.tenure(*tenure);
                            tenure.draining = true;
                            tenure.lost |= *lost;
                        }
                    }
                }
                ClientEvent::Committed(CommitAnswer::Refused(names, _)) => {
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
            records.push(SimRecord { command: None, offset: -1, is_end: false, partition: 0, tenure: 0 });
        }
        let count = self.choices.between("taken", 1, 24);
        let member = self.members.get_mut(&instance).expect("a process that lives has a client");
        member.waited += wait.as_millis();
        let count = count.min(limit).min(member.queue.len());
        let items: Vec<_> = member.queue.drain(..count).collect();
        for (tenure, partition, item) in items {
            let offset = self.give_out(instance, (tenure, partition), item);
            let is_end = matches!(item, Item::End(_));
            let command = match item {
                Item::Record(record) => Some(Arc::clone(&self.topic.partition(partition).records[record])),
                Item::End(_) | Item::Error(_) => None,
            };
            records.push(SimRecord { command, offset, is_end, partition, tenure });
        }
        let taken = || records.iter().map(|record| (record.partition, record.offset())).collect::<Vec<_>>();
        if !records.is_empty() {
            self.note(|| format!("instance {instance} takes {:?}", taken()));
        }
        records
    }

    fn assign(&mut self, instance: u32, partition: i32) {
        let committed = self.group.committed[place(partition)];
        let log = self.topic.partition(partition);
        let is_beyond = committed > log.end(log.visible);
        let base = if is_beyond { 0 } else { log.place_of(committed) };
        let tenure = self.ledger.begin(instance, partition, base);
        let assigned = Assigned {
            tenure,
            old: Vec::new(),
            position: base,
            given_out: base,
            application: base,
            ended: None,
            rebalances: false,
            own: Default::default(),
            forwarded: true,
            stored: -1,
            stored_for: tenure,
            committed,
        };
        let before = self.member(instance).assigned.insert(partition, assigned);
        if before.is_some() {
            self.ledger.violate("C1 a partition is assigned once", format!("{partition} to instance {instance}"));
        }
        self.note(|| format!("instance {instance} has partition {partition} from {committed} (tenure {tenure})"));
        if is_beyond {
            self.tell_of_reset(instance, partition, committed);
        }
    }

    fn unassign(&mut self, instance: u32, partition: i32) {
        let member = self.member(instance);
        member.drop_fetched(partition);
        let (asked, lost) = (member.asked_back.remove(&partition), member.lost);
        let Some(assigned) = member.assigned.remove(&partition).filter(|_| asked.is_some()) else {
            let what = format!("{partition} of instance {instance}");
            return self.ledger.violate("C1 only revoked partitions are unassigned, once", what);
        };
        member.returning.insert(partition);
        for tenure in assigned.old.into_iter().chain([assigned.tenure]) {
            self.ledger.tenure(tenure).lost |= lost;
            self.ledger.given_back(tenure);
        }
        self.note(|| format!("instance {instance} gives partition {partition} back"));
    }

    fn commit(&mut self, instance: u32, given: &[(TopicPartition, i64)], goes_back: bool) -> Result<(), String> {
        self.note(|| format!("instance {instance} commits {given:?} (goes back: {goes_back})"));
        let fails = self.choices.chance("not-started", self.rates.commit_not_started);
        let now = self.time.now();
        let member = self.members.get_mut(&instance).expect("a process that lives has a client");
        let rebalances = member.lost || member.asked_back.values().any(Option::is_some);
        let mut explicit = Vec::new();
        for (name, offset) in given {
            let Some(assigned) = member.assigned.get_mut(&name.partition) else {
                let what = format!("{name} at {offset} by instance {instance}");
                self.ledger.violate("I2 nothing is committed for a partition that is not owned", what);
                return Err("not assigned".to_owned());
            };
            if member.lost && member.asked_back.contains_key(&name.partition) {
                self.ledger.tenure(assigned.tenure).lost = true;
            }
            assigned.stored = *offset;
            assigned.stored_for = self.ledger.committing(&self.topic, (assigned.tenure, &assigned.old), *offset);
            explicit.push((assigned.stored_for, name.partition, *offset));
            if goes_back && rebalances {
                let what = format!("{name} at {offset} by instance {instance}");
                self.ledger.violate("C3 no explicit offset is committed while a rebalance runs", what);
            }
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
            self.coverage.see(instance, Situation::CommitNotStarted);
            return Err("not now".to_owned());
        }
        member.unanswered =
            if member.last_commit.is_some_and(|last| now >= last + ANSWER_WITHIN) { 1 } else { member.unanswered + 1 };
        member.last_commit = Some(now);
        member.request(explicit, goes_back);
        Ok(())
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

    fn log_end(record: &SimRecord) -> Option<i64> {
        record.is_end.then_some(record.offset)
    }

    fn assign(&mut self, partitions: &[TopicPartition]) {
        self.with(|world, instance| {
            world.answer_rebalance(instance);
            partitions.iter().for_each(|name| world.assign(instance, name.partition));
        });
    }

    fn unassign(&mut self, partitions: &[TopicPartition]) {
        self.with(|world, instance| {
            world.answer_rebalance(instance);
            partitions.iter().for_each(|name| world.unassign(instance, name.partition));
        });
    }

    fn is_lost(&self) -> bool {
        self.with(|world, instance| world.member(instance).lost)
    }

    fn commit(&mut self, offsets: &[(TopicPartition, i64)]) -> Result<(), String> {
        self.with(|world, instance| world.commit(instance, offsets, false))
    }

    fn commit_back(&mut self, offsets: &[(TopicPartition, i64)]) -> Result<(), String> {
        self.with(|world, instance| world.commit(instance, offsets, true))
    }

    fn seek(&mut self, positions: &[(TopicPartition, Position)]) {
        self.with(|world, instance| {
            positions.iter().for_each(|(name, position)| world.seek(instance, name.partition, *position));
        });
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
