//! Checks the handlers: how many run, in which order, and for which partitions.

use super::{
    attempt::{Attempt, Ended},
    identity::said_number,
    ledger::Ledger,
    settings::Settings,
};

impl Ledger {
    /// Called when a handler is called.
    pub(super) fn started(&mut self, attempt: Attempt, settings: &Settings) {
        self.counts.attempts += 1;
        self.counts.commands += u64::from(attempt.number == 1);
        let tenure = self.tenure(attempt.tenure);
        let instance = tenure.instance;
        let mut broken = None;
        if tenure.given_back {
            broken = Some("I7 nothing is started for a partition that was unassigned");
        } else if tenure.running.contains_key(&attempt.lane) {
            broken = Some("I5 one handler of a key at a time");
        } else if tenure.retrying.get(&attempt.lane).is_some_and(|(record, _)| *record != attempt.record) {
            broken = Some("I6 a retry comes before any later start of its key");
        } else if attempt.number == 1 && tenure.last_started.get(&attempt.lane) >= Some(&attempt.record) {
            broken = Some("I6 commands of a key start in order");
        } else if attempt.number > 1
            && tenure.retrying.get(&attempt.lane) != Some(&(attempt.record, attempt.number - 1))
        {
            broken = Some("R1 attempts are counted one by one");
        } else if !tenure.is_over && attempt.record.saturating_sub(tenure.accepted) >= settings.max_uncommitted {
            broken = Some("W1 a window is never larger than it may be");
        }
        if let Some(invariant) = broken {
            let what = format!("{attempt:?}, of {tenure:?}");
            return self.violate(invariant, what);
        }
        tenure.retrying.remove(&attempt.lane);
        tenure.last_started.insert(attempt.lane, attempt.record);
        tenure.running.insert(attempt.lane, (attempt.record, attempt.number));
        let in_flight: usize = self.of_instance(instance).map(|tenure| tenure.in_flight()).sum();
        if in_flight > settings.max_in_flight {
            self.violate("F1 no more handlers run at once than may", format!("{in_flight} with {attempt:?}"));
        }
    }

    /// Called when a handler itself publishes this many events; its command is not finished without them.
    pub(super) fn owes(&mut self, attempt: Attempt, count: u32) {
        let numbers = (0..count).map(|number| said_number(attempt.number, number));
        self.tenure(attempt.tenure).fate(attempt.record).owed.extend(numbers);
    }

    /// Called when the handler has heard that one of them was rejected.
    pub(super) fn no_longer_owes(&mut self, attempt: Attempt) {
        self.tenure(attempt.tenure).fate(attempt.record).owed.remove(&said_number(attempt.number, 0));
    }

    /// Called when the attempt has ended.
    pub(super) fn ended(&mut self, attempt: Attempt, ended: Ended, settings: &Settings) {
        let tenure = self.tenure(attempt.tenure);
        if tenure.dead {
            return;
        }
        if tenure.running.get(&attempt.lane) == Some(&(attempt.record, attempt.number)) {
            tenure.running.remove(&attempt.lane);
        }
        if !tenure.counts() {
            return;
        }
        match ended {
            Ended::Events(0) => {
                tenure.finish(attempt.record);
                let partition = tenure.partition;
                self.finished_silently(partition, attempt.record);
            }
            Ended::Failed if attempt.number < settings.attempts => {
                tenure.retrying.insert(attempt.lane, (attempt.record, attempt.number));
            }
            _ => {}
        }
    }
}
