//! Checks the work of an arm: every command is answered once, in the order of its key, with its key, and committed.

use std::{collections::HashMap, time::Duration};

use rdkafka::{Message, consumer::BaseConsumer};

use crate::{
    arms::Arm,
    command::{Shape, flaw, number},
    kafka::{EVENT_PARTITIONS, Kafka},
    measure::{SOURCE, Topics},
};

/// The findings. Failures make the exit code 1, notes do not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    pub(crate) failures: Vec<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) events: u64,
    pub(crate) missing: u64,
    pub(crate) duplicates: u64,
    pub(crate) violations: u64,
}

/// Reads everything from the topics.
pub(crate) fn check(kafka: &Kafka, arm: &Arm, shape: &Shape, topics: &Topics) -> Findings {
    let mut findings = Findings::default();
    let mut seen = vec![false; usize::try_from(shape.count).expect("a count that fits")];
    let mut last = HashMap::new();
    let reader = kafka.read(&topics.events, EVENT_PARTITIONS);
    let events = kafka.count(&topics.events, EVENT_PARTITIONS);
    each(&reader, events, |key, value, index| {
        let number = number(value).filter(|number| *number < shape.count);
        let Some(number) = number else { return findings.fail("an event has a foreign correlation id") };
        if index % 1_000 == 0
            && let Some(flaw) = flaw(value, SOURCE)
        {
            findings.fail(&flaw);
        }
        if key != shape.key(number).as_bytes() {
            findings.fail("an event does not have its command's key");
        }
        if shape.is_poison(number) {
            findings.fail("an invalid command was answered");
        }
        findings.see(&mut seen, number);
        let last = last.entry(number % shape.keys).or_insert(number);
        findings.violations += u64::from(number < *last);
        *last = number.max(*last);
    });
    findings.events = events;
    findings.dead_letters(kafka, shape, topics, &mut seen);
    findings.missing = seen.iter().map(|seen| u64::from(!seen)).sum();
    findings.judge(arm);
    let (ends, committed) = (
        kafka.ends(&topics.commands, shape.partitions),
        kafka.committed(&topics.group, &topics.commands, shape.partitions),
    );
    // A transaction ends with a marker that is not delivered, so it need not be committed.
    let hidden = i64::from(topics.is_hidden);
    let open: i64 = ends.iter().zip(&committed).map(|(end, committed)| (end - committed - hidden).max(0)).sum();
    if open > 0 {
        findings.fail(&format!("{open} not committed"));
    }
    findings
}

impl Findings {
    fn see(&mut self, seen: &mut [bool], number: u64) {
        let seen = &mut seen[number as usize];
        self.duplicates += u64::from(*seen);
        *seen = true;
    }

    fn dead_letters(&mut self, kafka: &Kafka, shape: &Shape, topics: &Topics, seen: &mut [bool]) {
        let count = kafka.count(&topics.dead_letters, 1);
        if count == 0 {
            return;
        }
        each(&kafka.read(&topics.dead_letters, 1), count, |_, value, _| match number(value) {
            Some(number) if shape.is_poison(number) => self.see(seen, number),
            _ => self.fail("a good command was dead-lettered"),
        });
    }

    fn judge(&mut self, arm: &Arm) {
        let results = [
            (self.missing, "missing", arm.is_lossy),
            (self.duplicates, "twice", false),
            (self.violations, "out of order", arm.is_unordered),
        ];
        for (count, what, is_known) in results.into_iter().filter(|result| result.0 > 0) {
            let text = format!("{count} {what}");
            if is_known { self.notes.push(text) } else { self.failures.push(text) }
        }
    }

    pub(crate) fn fail(&mut self, text: &str) {
        if !self.failures.iter().any(|known| known == text) && self.failures.len() < 10 {
            self.failures.push(text.to_owned());
        }
    }
}

fn each(reader: &BaseConsumer, count: u64, mut look: impl FnMut(&[u8], &[u8], u64)) {
    let mut index = 0;
    while index < count {
        let message =
            reader.poll(Duration::from_secs(30)).expect("a record in the topic arrives").expect("no read error");
        look(message.key().unwrap_or_default(), message.payload().unwrap_or_default(), index);
        index += 1;
    }
}
