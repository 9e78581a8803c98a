//! Records what has happened, and checks what must never happen. Every check names its invariant.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    attempt::Attempt,
    counts::Counts,
    identity::{Identity, Origin},
    plan::{End, Plan, Work},
    settings::Settings,
    tenure::Tenure,
    topic::{self, Topic},
};
use crate::transport::Cause;

/// A broken guarantee.
#[derive(Clone, Debug)]
pub(super) struct Violation {
    pub(super) invariant: &'static str,
    pub(super) what: String,
}

/// Everything that is visible from outside the engine.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) tenures: BTreeMap<u64, Tenure>,
    pub(super) violation: Option<Violation>,
    /// The outcomes of each record in the world's logs.
    ends: BTreeMap<(i32, usize), Ends>,
    /// The last event that was written for the first time, by lane and record key.
    last_event: BTreeMap<(i32, usize, u32), (usize, u32)>,
    /// Lanes with an event that the broker rejected: the documented exception to the order of events. Also lanes with a
    /// command that one instance may dead-letter and another handle.
    disturbed: BTreeSet<(i32, usize)>,
    /// Undelivered events, by instance and record key.
    closed: BTreeMap<(u32, u32), BTreeSet<Origin>>,
    /// Record keys with an undelivered record, by instance.
    repaired: BTreeSet<(u32, u32)>,
    pub(super) counts: Counts,
}

#[derive(Debug, Default)]
struct Ends {
    events: u32,
    dead_letter: bool,
    skipped: bool,
    /// Whether some of its records were rejected, or it got no CPU time within its timeout.
    excused: bool,
}

impl Ledger {
    pub(super) fn violate(&mut self, invariant: &'static str, what: String) {
        self.violation.get_or_insert(Violation { invariant, what });
    }

    pub(super) fn tenure(&mut self, number: u64) -> &mut Tenure {
        self.tenures.get_mut(&number).expect("every record comes from a tenure")
    }

    pub(super) fn begin(&mut self, instance: u32, partition: i32, base: usize) -> u64 {
        self.counts.assigned += 1;
        let number = self.tenures.len() as u64;
        self.tenures.insert(number, Tenure::new(instance, partition, base));
        number
    }

    pub(super) fn of_instance(&mut self, instance: u32) -> impl Iterator<Item = &mut Tenure> {
        self.tenures.values_mut().filter(move |tenure| tenure.instance == instance)
    }

    /// Called when the driver has received a record.
    pub(super) fn given_out(&mut self, number: u64, record: usize, plan: &Plan, settings: &Settings) {
        if matches!(plan, Plan::Unknown) && !plan.may_be_dead_lettered(settings) {
            let tenure = self.tenure(number);
            tenure.may_finish(record);
            let partition = tenure.partition;
            self.ends.entry((partition, record)).or_default().skipped = true;
        }
    }

    /// Called when a producer has accepted an event or a dead letter.
    pub(super) fn handed_over(&mut self, topic: &Topic, identity: &Identity, key: u32) {
        if let Identity::Cursed(origin) = identity {
            let record = position(topic, origin).0;
            self.tenure(origin.tenure).fate(record).hand_over(origin.number);
        }
        let Some(origin) = identity.origin() else { return };
        let (record, lane) = position(topic, origin);
        let tenure = self.tenure(origin.tenure);
        if tenure.given_back {
            return self
                .violate("I7 nothing is published for a partition that was unassigned", format!("{identity:?}"));
        }
        if !matches!(identity, Identity::Event(_)) {
            return;
        }
        let (this, instance) = ((record, origin.number), tenure.instance);
        if !tenure.fate(record).hand_over(origin.number) {
            return self.sent_again(topic, *origin, this, (instance, key));
        }
        let before = tenure.last_event.insert((lane, key), this);
        if before.is_some_and(|before| before >= this) {
            let what = format!("{identity:?} after {before:?}");
            self.violate("O1 events of a key are handed over in the order of their commands", what);
        }
        let closed = self.closed.get(&(instance, key)).into_iter().flatten();
        let mut blocking = closed.filter(|other| *other != origin && self.tenures[&other.tenure].counts());
        if let Some(blocking) = blocking.next().copied() {
            let what = format!("{identity:?} overtakes {blocking:?}");
            self.violate("O3 nothing is sent behind what the broker has not taken", what);
        }
    }

    /// Called when an undelivered record is sent again.
    fn sent_again(&mut self, topic: &Topic, origin: Origin, this: (usize, u32), key: (u32, u32)) {
        let mut closed = self.closed.get(&key).into_iter().flatten();
        let place = |other: &Origin| (position(topic, other).0, other.number);
        if let Some(older) = closed.find(|other| other.tenure == origin.tenure && place(other) < this) {
            let what = format!("{origin:?} before {older:?}");
            self.violate("O4 what the broker has not taken is sent again in order", what);
        }
    }

    /// Called when the broker has written a record.
    pub(super) fn appended(&mut self, topic: &Topic, settings: &Settings, identity: &Identity, key: u32) {
        let Some(origin) = identity.origin() else { return };
        let (record, lane) = position(topic, origin);
        if let Identity::Said(_) = identity {
            return;
        }
        let ends = self.ends.entry((origin.partition, record)).or_default();
        if let Identity::DeadLetter(_) = identity {
            self.counts.dead_letters += 1;
            ends.dead_letter = true;
            let plan = &topic.partition(origin.partition).records[record].plan;
            if !plan.may_be_dead_lettered(settings) && !ends.excused {
                self.violate("D1 only what cannot be handled is dead-lettered", format!("{origin:?}: {plan:?}"));
            }
            return;
        }
        self.counts.events += 1;
        if ends.events & (1 << origin.number) != 0 {
            self.counts.duplicates += 1;
            return;
        }
        ends.events |= 1 << origin.number;
        let this = (record, origin.number);
        let before = self.last_event.insert((origin.partition, lane, key), this);
        if before.is_some_and(|before| before >= this) && !self.disturbed.contains(&(origin.partition, lane)) {
            let what = format!("{origin:?} came into the log after {before:?}");
            self.violate("O2 first occurrences of a key's events stand in the order of their commands", what);
        }
    }

    /// Called when an instance has received an acknowledgement.
    pub(super) fn acknowledged(&mut self, topic: &Topic, identity: &Identity, key: u32) {
        let Some(origin) = identity.origin() else { return };
        let (record, _) = position(topic, origin);
        self.open(origin, key);
        let command = &topic.partition(origin.partition).records[record];
        let instance = self.tenure(origin.tenure).instance;
        let is_repaired = self.repaired.contains(&(instance, key));
        let tenure = self.tenure(origin.tenure);
        let count = match &command.plan {
            Plan::Work(Work { end: End::Events { count, .. }, .. }) => Some(*count),
            Plan::Work(_) => None,
            _ => Some(0),
        };
        match identity {
            Identity::Said(_) => tenure.acknowledge_said(record, origin.number, is_repaired),
            Identity::DeadLetter(_) => tenure.fate(record).dead_letters += 1,
            _ => tenure.fate(record).acked |= 1 << origin.number,
        }
        tenure.judge(record, count, is_repaired);
        if tenure.given_back {
            self.counts.late += 1;
        }
    }

    /// From now on a record of this key may be sent alone.
    pub(super) fn may_be_repaired(&mut self, instance: u32, key: u32) {
        self.repaired.insert((instance, key));
    }

    /// Called when the broker rejects a record, or its producer has failed.
    pub(super) fn refused_by_broker(&mut self, topic: &Topic, identity: &Identity, instance: u32, key: u32) {
        self.may_be_repaired(instance, key);
        let Some(origin) = identity.origin().filter(|_| !matches!(identity, Identity::Said(_))) else { return };
        let (record, lane) = position(topic, origin);
        self.disturbed.insert((origin.partition, lane));
        self.ends.entry((origin.partition, record)).or_default().excused = true;
    }

    /// Called when an instance is told about it.
    pub(super) fn not_delivered(&mut self, topic: &Topic, identity: &Identity, key: u32, cause: Cause) {
        if let (Identity::Event(origin) | Identity::Cursed(origin) | Identity::Said(origin), Cause::Record) =
            (identity, cause)
        {
            let record = position(topic, origin).0;
            self.tenure(origin.tenure).refuse(record, origin.number);
        }
        let Some(origin) = identity.origin() else { return };
        let instance = self.tenure(origin.tenure).instance;
        match (identity, cause) {
            (Identity::Said(_), _) => {}
            (Identity::Event(_), Cause::Broker | Cause::Producer) => {
                self.closed.entry((instance, key)).or_default().insert(*origin);
            }
            // It may be dead-lettered instead, and then no longer blocks its key.
            _ => self.open(origin, key),
        }
    }

    fn open(&mut self, origin: &Origin, key: u32) {
        let instance = self.tenure(origin.tenure).instance;
        if let Some(closed) = self.closed.get_mut(&(instance, key)) {
            closed.remove(origin);
        }
    }

    /// Called when the dispatcher of an instance was polled.
    pub(super) fn polled(&mut self, instance: u32) {
        self.of_instance(instance).for_each(Tenure::polled);
    }

    /// Called when an attempt failed that could have succeeded: it was too slow, or could not publish. Another instance
    /// may succeed.
    pub(super) fn failed_by_chance(&mut self, attempt: Attempt) {
        let tenure = self.tenure(attempt.tenure);
        if !tenure.dead {
            let partition = tenure.partition;
            self.disturbed.insert((partition, attempt.lane));
            self.ends.entry((partition, attempt.record)).or_default().excused = true;
        }
    }

    /// Called when a process is gone.
    pub(super) fn died(&mut self, instance: u32) {
        for tenure in self.of_instance(instance) {
            tenure.dead = true;
            tenure.running.clear();
        }
    }

    /// Checks at the end what is guaranteed for every record.
    pub(super) fn check_ends(&mut self, topic: &Topic) {
        for (place, partition) in topic.partitions.iter().enumerate() {
            let number = topic::number(place);
            for (record, command) in partition.records.iter().enumerate() {
                let ended = self.ends.get(&(number, record)).is_some_and(|ends| ends.is_end_of(&command.plan));
                if !ended {
                    let what = format!("partition {number}, offset {}: {:?}", command.offset, command.plan);
                    return self.violate("L1 nothing is lost", what);
                }
            }
        }
    }

    /// Called when a handler without events has finished, which leaves nothing in the logs.
    pub(super) fn finished_silently(&mut self, partition: i32, record: usize) {
        self.ends.entry((partition, record)).or_default().skipped = true;
    }
}

impl Ends {
    fn is_end_of(&self, plan: &Plan) -> bool {
        let events = match plan {
            Plan::Work(work) => match work.end {
                End::Events { count, .. } if count > 0 => self.events == (1 << count) - 1,
                _ => false,
            },
            _ => false,
        };
        events || self.dead_letter || self.skipped
    }
}

/// The index of a record in its partition, and its lane.
fn position(topic: &Topic, origin: &Origin) -> (usize, usize) {
    let partition = topic.partition(origin.partition);
    let record = partition.place_of(origin.offset);
    (record, partition.records[record].lane)
}
