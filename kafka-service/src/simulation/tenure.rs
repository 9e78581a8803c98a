//! One assignment of one partition to one instance, as seen from outside the engine.

use std::collections::{BTreeMap, BTreeSet};

/// From `Client::assign` to `Client::unassign`. Records are identified by their indexes in the partition.
#[derive(Debug, Default)]
pub(super) struct Tenure {
    pub(super) instance: u32,
    pub(super) partition: i32,
    /// The first record that it may receive.
    pub(super) base: usize,
    /// Whether `Client::unassign` was called.
    pub(super) given_back: bool,
    /// Whether it started with a reset to an earlier offset.
    pub(super) is_reset: bool,
    /// Whether the partition was reset to an earlier offset since.
    pub(super) is_over: bool,
    /// The first offset that was delivered.
    pub(super) began: Option<i64>,
    /// Whether the client has delivered anything of it that shows where it reads: a record, the end of the log, or an
    /// error if it is the first.
    pub(super) touched: bool,
    /// Whether the driver has received anything of it while the partition was not being revoked.
    pub(super) received: bool,
    /// The reported ends of its log.
    pub(super) ends: BTreeSet<i64>,
    /// Whether the driver drains it: a command that waits for its next attempt may be abandoned by now.
    pub(super) draining: bool,
    /// Whether the driver was told that the partition is lost.
    pub(super) lost: bool,
    /// Whether its process has crashed.
    pub(super) dead: bool,
    /// Records that are certainly finished, and the engine knows it.
    done: BTreeSet<usize>,
    /// Records that the engine may have finished.
    possible: BTreeSet<usize>,
    /// Those of them that it will have finished after the dispatcher was polled, and how often it was polled since.
    settling: BTreeMap<usize, u32>,
    /// Records with an acknowledged event that was sent alone, and how often the dispatcher, which is told about it,
    /// was polled since.
    unheard: BTreeMap<usize, u32>,
    /// The results of what each command has published.
    fates: BTreeMap<usize, Fate>,
    /// Records for which it is uncertain when the engine will have finished them.
    unsure: BTreeSet<usize>,
    /// The end of the finished prefix, when it was last computed.
    prefix: usize,
    /// The last event that was handed over, by lane and record key.
    pub(super) last_event: BTreeMap<(usize, u32), (usize, u32)>,
    /// The end of the commits that the broker has accepted.
    pub(super) accepted: usize,
    /// The end of the commits that were started and have not failed so far.
    pub(super) committing: usize,
    /// The furthest commit that was ever started.
    pub(super) furthest: usize,
    /// Whether the last commit could not be started.
    pub(super) excused: bool,
    /// The running attempt of each lane: record and attempt.
    pub(super) running: BTreeMap<usize, (usize, u32)>,
    /// The command of each lane that waits for its next attempt: record and failed attempt.
    pub(super) retrying: BTreeMap<usize, (usize, u32)>,
    /// The last record of each lane that was started.
    pub(super) last_started: BTreeMap<usize, usize>,
}

/// The results of what a command has published, as far as they are visible from outside.
#[derive(Debug, Default)]
pub(super) struct Fate {
    /// The returned events that the producer has accepted at least once, one bit each.
    handed_over: u32,
    /// Those of them that are acknowledged.
    pub(super) acked: u32,
    /// Events that its handler has published itself and that are not acknowledged.
    pub(super) owed: BTreeSet<u32>,
    /// How often each event was rejected for its content.
    refusals: BTreeMap<u32, u32>,
    /// The number of acknowledged dead letters.
    pub(super) dead_letters: u32,
}

/// As in `dispatch/repair.rs`: an event that was rejected this often may be given up and replaced by a dead letter. One
/// dead letter is enough for all events of a command.
const BLAMED_AFTER: u32 = 3;

impl Fate {
    /// Called when the producer has accepted an event. Returns true for the first time.
    pub(super) fn hand_over(&mut self, number: u32) -> bool {
        let first = self.handed_over & (1 << number) == 0;
        self.handed_over |= 1 << number;
        first
    }

    fn is_blamed(&self, number: u32) -> bool {
        self.refusals.get(&number).is_some_and(|refusals| *refusals >= BLAMED_AFTER)
    }

    /// Whether anything that was handed over is neither acknowledged nor given up.
    fn is_open(&self) -> bool {
        let open = self.handed_over & !self.acked;
        (0..u32::BITS).any(|number| open & (1 << number) != 0 && !self.is_blamed(number))
    }

    /// Whether all `count` events are acknowledged, or dead letters instead of them; or the only dead letter of a
    /// command without events.
    fn is_complete(&self, count: u32) -> bool {
        let is_failed = self.dead_letters > 0 && self.handed_over == 0;
        is_failed || (self.handed_over != 0 && self.acked.count_ones() + self.dead_letters >= count)
    }

    /// Whether an event that the handler has published itself is still unacknowledged.
    fn is_owed(&self) -> bool {
        let is_replaced = self.dead_letters > 0;
        self.owed.iter().any(|number| !(is_replaced && self.is_blamed(*number)))
    }
}

impl Tenure {
    pub(super) fn new(instance: u32, partition: i32, base: usize) -> Self {
        Self { instance, partition, base, prefix: base, accepted: base, committing: base, ..Self::default() }
    }

    /// Whether its results still count.
    pub(super) fn counts(&self) -> bool {
        !self.given_back && !self.dead
    }

    pub(super) fn finish(&mut self, record: usize) {
        self.done.insert(record);
    }

    /// The engine may finish the record, without a visible trace.
    pub(super) fn may_finish(&mut self, record: usize) {
        self.possible.insert(record);
    }

    /// The engine finishes the record as soon as the dispatcher reaches it.
    pub(super) fn will_finish(&mut self, record: usize) {
        self.possible.insert(record);
        self.settling.insert(record, 0);
    }

    /// Called when the dispatcher was polled. What arrives in the middle of a poll is certain after the next one.
    pub(super) fn polled(&mut self) {
        self.settling.values_mut().chain(self.unheard.values_mut()).for_each(|polls| *polls += 1);
        let settled: Vec<_> = self.settling.extract_if(.., |_, polls| *polls > 1).collect();
        self.done.extend(settled.into_iter().map(|(record, _)| record));
        self.unheard.retain(|_, polls| *polls <= 1);
    }

    /// The results of what a command has published.
    pub(super) fn fate(&mut self, record: usize) -> &mut Fate {
        self.fates.entry(record).or_default()
    }

    /// Called when an event that a handler has published itself is acknowledged. If it was sent alone, the dispatcher
    /// is told about it, even if everything else of its command was known before.
    pub(super) fn acknowledge_said(&mut self, record: usize, number: u32, is_repaired: bool) {
        self.fate(record).owed.remove(&number);
        if is_repaired {
            self.unheard.insert(record, 0);
        }
        if is_repaired && (self.done.remove(&record) || self.settling.contains_key(&record)) {
            self.will_finish(record);
        }
    }

    /// Called when an event is rejected for its content.
    pub(super) fn refuse(&mut self, record: usize, number: u32) {
        let fate = self.fate(record);
        let refusals = fate.refusals.entry(number).or_default();
        *refusals += 1;
        if *refusals == BLAMED_AFTER && fate.owed.contains(&number) {
            self.unsure.insert(record);
        }
        self.judge(record, None, false);
    }

    /// Checks whether a command is finished by its acknowledgements: those of its `count` events (`None`: not all of
    /// them will ever be accepted), or that of the dead letter that replaces it or its rejected events.
    pub(super) fn judge(&mut self, record: usize, count: Option<u32>, is_repaired: bool) {
        if is_repaired {
            self.unheard.insert(record, 0);
        }
        let mut in_progress = self.running.values().chain(self.retrying.values());
        if in_progress.any(|(other, _)| *other == record) {
            // It has not published everything yet.
            return;
        }
        let fate = self.fate(record);
        let is_possible = fate.dead_letters > 0 && !fate.is_open();
        let is_certain = count.is_some_and(|count| fate.is_complete(count));
        match (is_certain, self.unheard.contains_key(&record)) {
            _ if self.done.contains(&record) => {}
            // It may have been sent alone; the dispatcher is then told about it.
            (true, true) => self.will_finish(record),
            (true, false) => self.finish(record),
            (false, _) if is_possible => self.may_finish(record),
            _ => {}
        }
    }

    fn is_owed(&self, record: usize) -> bool {
        self.fates.get(&record).is_some_and(Fate::is_owed)
    }

    /// The first record that cannot be finished.
    pub(super) fn first_unfinished(&mut self) -> usize {
        let may_be = |record| self.done.contains(&record) || self.possible.contains(&record);
        let unfinished = (self.prefix..).find(|record| !may_be(*record) || self.is_owed(*record));
        self.prefix = unfinished.unwrap_or(self.prefix);
        self.prefix
    }

    /// The first record that the engine does not certainly know to be finished.
    pub(super) fn first_uncertain(&self) -> usize {
        let is_certain =
            |record| self.done.contains(&record) && !self.unsure.contains(&record) && !self.is_owed(record);
        (self.base..).find(|record| !is_certain(*record)).unwrap_or(self.base)
    }

    /// Running handlers, and commands that wait for their next attempt.
    pub(super) fn in_flight(&self) -> usize {
        self.running.len() + if self.counts() && !self.draining { self.retrying.len() } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused_for_good(tenure: &mut Tenure, number: u32) {
        tenure.fate(0).hand_over(number);
        (0..BLAMED_AFTER).for_each(|_| tenure.refuse(0, number));
    }

    #[test]
    fn one_dead_letter_replaces_all_rejected_events() {
        let mut tenure = Tenure::new(0, 0, 0);
        refused_for_good(&mut tenure, 0);
        tenure.fate(0).dead_letters += 1;
        tenure.judge(0, None, false);
        assert_eq!(tenure.first_unfinished(), 1);
        let mut tenure = Tenure::new(0, 0, 0);
        tenure.fate(0).hand_over(1);
        refused_for_good(&mut tenure, 0);
        tenure.fate(0).dead_letters += 1;
        tenure.judge(0, None, false);
        assert_eq!(tenure.first_unfinished(), 0, "the second event is on its way");
        refused_for_good(&mut tenure, 1);
        assert_eq!(tenure.first_unfinished(), 1, "it is refused too");
        assert_eq!(tenure.first_uncertain(), 0);
    }

    #[test]
    fn a_dead_letter_for_one_event_finishes_no_other() {
        let mut tenure = Tenure::new(0, 0, 0);
        (0..3).for_each(|number| _ = tenure.fate(0).hand_over(number));
        refused_for_good(&mut tenure, 0);
        tenure.fate(0).dead_letters += 1;
        tenure.fate(0).acked |= 1 << 1;
        tenure.judge(0, Some(3), false);
        assert_eq!((tenure.first_unfinished(), tenure.first_uncertain()), (0, 0), "the third event is on its way");
        tenure.fate(0).acked |= 1 << 2;
        tenure.judge(0, Some(3), false);
        assert_eq!((tenure.first_unfinished(), tenure.first_uncertain()), (1, 1));
    }

    #[test]
    fn a_command_is_finished_when_all_its_acks_were_polled() {
        let mut tenure = Tenure::new(0, 0, 0);
        tenure.fate(0).hand_over(0);
        tenure.fate(0).owed.insert(1_010);
        tenure.acknowledge_said(0, 1_010, true);
        // With another key, and not sent alone.
        tenure.fate(0).acked |= 1;
        tenure.judge(0, Some(1), false);
        assert_eq!(tenure.first_uncertain(), 0);
        tenure.polled();
        tenure.polled();
        assert_eq!(tenure.first_uncertain(), 1);
    }

    #[test]
    fn an_ack_during_a_poll_is_certain_after_the_next_poll() {
        let mut tenure = Tenure::new(0, 0, 0);
        tenure.fate(0).hand_over(0);
        tenure.fate(0).owed.insert(1_010);
        tenure.fate(0).acked |= 1;
        tenure.judge(0, Some(1), true);
        tenure.polled();
        // In the poll that ends now, the dispatcher is not told about it any more.
        tenure.acknowledge_said(0, 1_010, true);
        tenure.polled();
        assert_eq!(tenure.first_uncertain(), 0);
        tenure.polled();
        assert_eq!(tenure.first_uncertain(), 1);
    }
}
