//! What happens to the records of a producing client: queues in order, delayed acknowledgements, and failures.

use std::collections::{BTreeMap, VecDeque};

use super::{
    choices::Choices,
    coverage::Situation,
    identity::{DEAD_LETTERS, Identity},
    outbox::{Destination, Flying, Outbox, Report},
    world::{SharedWorld, World, open},
};
use crate::{
    acks::Acks,
    transport::{Cause, DeliveryReports as _, OutRecord, SendError, Token, Undelivered},
};

/// Passes one report to the engine. Returns false if there is none.
pub(super) fn report_next(world: &SharedWorld, acks: &Acks, instance: u32) -> bool {
    let Some(report) = open(world).take_report(instance) else { return false };
    match report.failure {
        None => acks.delivered(report.token),
        Some(undelivered) => acks.failed(report.token, undelivered),
    }
    true
}

/// Frees the room of reported records, which librdkafka does after all reports of a batch.
pub(super) fn free(world: &SharedWorld, acks: &Acks, instance: u32) {
    let (freed, closed) = open(world).outboxes.get_mut(&instance).map(Outbox::free).unwrap_or_default();
    if closed {
        acks.release();
    }
    if freed {
        acks.made_room();
    }
}

impl World {
    pub(super) fn send(&mut self, instance: u32, record: &OutRecord<'_>, token: Token) -> Result<(), SendError> {
        let identity = Identity::of(record);
        let key = number_of(record.key);
        let (limit, full) = (self.settings.queue, self.choices.chance("full", self.rates.full));
        let Some(outbox) = self.outboxes.get_mut(&instance) else { return Ok(()) };
        if outbox.fatal {
            self.ledger.refused_by_broker(&self.topic, &identity, instance, key);
            return Err(SendError::Fatal("simulated".to_owned()));
        }
        // Only records in flight can make a producer full.
        if outbox.in_flight >= limit || (full && outbox.in_flight > 0) {
            self.coverage.see(instance, Situation::QueueFull);
            return Err(SendError::QueueFull);
        }
        if is_too_large(&identity, record) {
            self.ledger.may_be_repaired(instance, key);
            let is_dead_letter = matches!(identity, Identity::DeadLetter(_));
            self.coverage
                .see(instance, if is_dead_letter { Situation::DeadLetterRefused } else { Situation::EventRefused });
            return Err(SendError::TooLarge(identity.refusal()));
        }
        let partition = if record.topic == DEAD_LETTERS { 0 } else { key % self.settings.event_partitions };
        let destination = (outbox.client, record.topic.0, partition);
        let flying = Flying { token, identity, key, record: copy(record, &identity) };
        outbox.queues.entry(destination).or_default().push_back(flying);
        outbox.in_flight += 1;
        self.note(|| format!("instance {instance} sends {identity:?} to {destination:?}"));
        match identity {
            Identity::DeadLetter(_) => self.coverage.see(instance, Situation::DeadLetter),
            Identity::Said(_) => self.coverage.see(instance, Situation::Publishes),
            _ => {}
        }
        self.ledger.handed_over(&self.topic, &identity, key);
        Ok(())
    }

    /// A broker accepts or rejects the next record of a client. Returns false if there is none.
    pub(super) fn append(&mut self, instance: u32) -> bool {
        let Some(outbox) = self.outboxes.get_mut(&instance) else { return false };
        let Some(destination) = pick(&mut self.choices, "queue", &outbox.queues) else { return false };
        let (count, cause) = if self.choices.chance("not-delivered", self.rates.not_delivered) {
            (self.choices.between("in-a-row", 1, 3), Some(Cause::Broker))
        } else {
            (
                self.choices.between("in-a-row", 1, 2),
                self.choices.chance("record-refused", self.rates.record_refused).then_some(Cause::Record),
            )
        };
        for _ in 0..count {
            self.append_one(instance, destination, cause);
        }
        true
    }

    fn append_one(&mut self, instance: u32, destination: Destination, cause: Option<Cause>) {
        let Some(outbox) = self.outboxes.get_mut(&instance) else { return };
        let Some(flying) = outbox.queues.get_mut(&destination).and_then(VecDeque::pop_front) else { return };
        let Flying { token, identity, key, record } = flying;
        let cause = match identity {
            Identity::Cursed(_) => cause.or(Some(Cause::Record)),
            // These can shrink by omitting parts; others are sent again until they are accepted.
            Identity::DeadLetter(origin) if origin.offset % 2 == 0 => {
                cause.map(|cause| if cause == Cause::Record { Cause::TooLarge } else { cause })
            }
            _ => cause,
        };
        let failure = cause.map(|cause| Undelivered { cause, ..record });
        match failure {
            None => self.ledger.appended(&self.topic, &self.settings, &identity, key),
            Some(_) => self.ledger.refused_by_broker(&self.topic, &identity, instance, key),
        }
        outbox.reports.entry(destination).or_default().push_back(Report { token, identity, key, failure });
        self.note(|| format!("the broker gets {identity:?} of instance {instance}: {cause:?}"));
    }

    fn take_report(&mut self, instance: u32) -> Option<Report> {
        let outbox = self.outboxes.get_mut(&instance)?;
        let destination = pick(&mut self.choices, "report", &outbox.reports)?;
        let report = outbox.reports.get_mut(&destination)?.pop_front()?;
        outbox.reported += 1;
        let failed = report.failure.as_ref().map(|undelivered| undelivered.cause);
        match failed {
            None => self.ledger.acknowledged(&self.topic, &report.identity, report.key),
            Some(cause) => self.ledger.not_delivered(&self.topic, &report.identity, report.key, cause),
        }
        self.note(|| format!("instance {instance} hears of {:?}: {failed:?}", report.identity));
        match (failed, report.identity) {
            (Some(Cause::Record), Identity::DeadLetter(_)) => self.coverage.see(instance, Situation::DeadLetterRefused),
            (Some(Cause::Record), _) => self.coverage.see(instance, Situation::EventRefused),
            (Some(_), _) => self.coverage.see(instance, Situation::NotDelivered),
            _ => {}
        }
        Some(report)
    }

    /// The producer fails: nothing that it holds is delivered.
    pub(super) fn end_producer(&mut self, instance: u32) {
        self.note(|| format!("the producer of instance {instance} ends"));
        let Some(outbox) = self.outboxes.get_mut(&instance) else { return };
        outbox.fatal = true;
        let destinations: Vec<_> = outbox.queues.iter().map(|(to, queue)| (*to, queue.len())).collect();
        for (destination, count) in destinations {
            // What a broker's thread has already taken may be reported after what had not got that far.
            let taken = self.choices.below("taken-by-thread", count + 1);
            if let Some(queue) = self.outboxes.get_mut(&instance).and_then(|outbox| outbox.queues.get_mut(&destination))
            {
                queue.rotate_left(taken);
            }
            for _ in 0..count {
                self.append_one(instance, destination, Some(Cause::Producer));
            }
        }
    }

    /// The process is gone. What was in flight reached the brokers up to some record, or completely if it ended in
    /// peace.
    pub(super) fn forget_outbox(&mut self, instance: u32, in_peace: bool) {
        while (in_peace || self.choices.chance("reaches-brokers", 700)) && self.append(instance) {}
        self.outboxes.remove(&instance);
    }
}

fn pick<T>(
    choices: &mut Choices,
    name: &'static str,
    queues: &BTreeMap<Destination, VecDeque<T>>,
) -> Option<Destination> {
    let filled: Vec<_> = queues.iter().filter(|(_, queue)| !queue.is_empty()).map(|(to, _)| *to).collect();
    (!filled.is_empty()).then(|| choices.pick(name, &filled))
}

/// Whether the record is too large, as some events and some dead letters are.
fn is_too_large(identity: &Identity, record: &OutRecord<'_>) -> bool {
    match identity {
        Identity::Huge(_) => true,
        Identity::DeadLetter(origin) => record.value.is_some() && origin.offset % 5 == 0,
        _ => false,
    }
}

/// The same number for the same key.
fn number_of(key: Option<&[u8]>) -> u32 {
    key.unwrap_or_default().iter().fold(7, |number, byte| number * 31 % 1_000_003 + u32::from(*byte))
}

fn copy(record: &OutRecord<'_>, identity: &Identity) -> Undelivered {
    Undelivered { record: record.copy(), cause: Cause::Broker, code: "Simulated".into(), error: identity.refusal() }
}
