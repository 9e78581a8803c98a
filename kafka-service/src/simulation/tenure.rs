//! One assignment of one partition to one instance, as an outsider sees it.

use std::collections::{BTreeMap, BTreeSet};

/// From `Client::assign` to `Client::unassign`. Records are named by their places in the partition.
#[derive(Debug, Default)]
pub(super) struct Tenure {
    pub(super) instance: u32,
    pub(super) partition: i32,
    /// The first record that it may get.
    pub(super) base: usize,
    /// `Client::unassign` was called.
    pub(super) given_back: bool,
    /// The driver drains it: a command that waits for its next attempt may be left to the next owner by now.
    pub(super) draining: bool,
    /// The driver was told that the partition belongs to somebody else.
    pub(super) lost: bool,
    /// Its process has died.
    pub(super) dead: bool,
    /// Records that are finished for certain, and the engine knows it.
    done: BTreeSet<usize>,
    /// Records that the engine may have finished.
    possible: BTreeSet<usize>,
    /// Those of them that it will have finished when the dispatcher has been polled, and how often it was since.
    settling: BTreeMap<usize, u32>,
    /// Acknowledged events of each record, one bit each.
    acked: BTreeMap<usize, u32>,
    /// Events that the producer has taken at least once, one bit each.
    handed_over: BTreeMap<usize, u32>,
    /// Events of each record that its handler has published itself and that are not acknowledged.
    owed: BTreeMap<usize, u32>,
    /// Those of them that the broker has refused for what they are: a dead letter may take their place.
    refused: BTreeMap<usize, u32>,
    /// Records of which it is not certain when the engine will have finished them.
    unsure: BTreeSet<usize>,
    /// How far everything is finished, as seen when it was last asked for.
    prefix: usize,
    /// The last event of each lane and record key that was handed over.
    pub(super) last_event: BTreeMap<(usize, u32), (usize, u32)>,
    /// Up to here a commit was accepted by the broker.
    pub(super) accepted: usize,
    /// Up to here a commit was started that has not failed so far.
    pub(super) committing: usize,
    /// The furthest commit that was ever started.
    pub(super) furthest: usize,
    /// The last commit could not be started.
    pub(super) excused: bool,
    /// How many dead letters of a command of which not all events are taken are acknowledged.
    pub(super) dead_letters: BTreeMap<usize, u32>,
    /// The running attempt of each lane: record and attempt.
    pub(super) running: BTreeMap<usize, (usize, u32)>,
    /// The command of each lane that waits for its next attempt: record and the attempt that failed.
    pub(super) retrying: BTreeMap<usize, (usize, u32)>,
    /// The last record of each lane that was started.
    pub(super) last_started: BTreeMap<usize, usize>,
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

    /// The engine may finish it, and leaves no trace of that.
    pub(super) fn may_finish(&mut self, record: usize) {
        self.possible.insert(record);
    }

    /// The engine finishes it as soon as the dispatcher gets to it.
    pub(super) fn will_finish(&mut self, record: usize) {
        self.possible.insert(record);
        self.settling.insert(record, 0);
    }

    /// The dispatcher was polled. What came in the middle of a poll is certain after the next.
    pub(super) fn polled(&mut self) {
        self.settling.values_mut().for_each(|polls| *polls += 1);
        let settled: Vec<_> = self.settling.extract_if(.., |_, polls| *polls > 1).collect();
        self.done.extend(settled.into_iter().map(|(record, _)| record));
    }

    /// One of a command's events is acknowledged. True with the last of them.
    pub(super) fn acknowledge(&mut self, record: usize, number: u32, count: u32) -> bool {
        let acked = self.acked.entry(record).or_default();
        *acked |= 1 << number;
        *acked == (1 << count) - 1
    }

    /// One of the events, or the dead letter, of a command of which not all events are taken. The engine may have finished it
    /// when the dead letter and all that was handed over are acknowledged. An event that was handed over and is refused for
    /// good has another dead letter in its place.
    pub(super) fn acknowledge_part(&mut self, record: usize, number: u32, is_dead_letter: bool) {
        let acked = self.acked.entry(record).or_default();
        if !is_dead_letter {
            *acked |= 1 << number;
        }
        let open = self.handed_over.get(&record).copied().unwrap_or(0) & !*acked;
        let dead_letters = self.dead_letters.entry(record).or_default();
        *dead_letters += u32::from(is_dead_letter);
        if *dead_letters > open.count_ones() {
            self.possible.insert(record);
        }
    }

    /// An event was taken by the producer. True for the first time.
    pub(super) fn hand_over(&mut self, record: usize, number: u32) -> bool {
        let taken = self.handed_over.entry(record).or_default();
        let first = *taken & (1 << number) == 0;
        *taken |= 1 << number;
        first
    }

    pub(super) fn owes(&mut self, record: usize, count: u32) {
        *self.owed.entry(record).or_default() += count;
    }

    pub(super) fn no_longer_owes(&mut self, record: usize) {
        if let Some(owed) = self.owed.get_mut(&record) {
            *owed = owed.saturating_sub(1);
        }
    }

    /// One of the events that a handler has published itself is acknowledged; perhaps one that was sent by itself, and then
    /// it is the dispatcher that hears of it.
    pub(super) fn acknowledge_said(&mut self, record: usize, is_repaired: bool) {
        self.no_longer_owes(record);
        if is_repaired && self.done.remove(&record) {
            self.will_finish(record);
        }
    }

    /// One of them is refused for what it is.
    pub(super) fn refuse_said(&mut self, record: usize) {
        *self.refused.entry(record).or_default() += 1;
    }

    /// A dead letter is acknowledged. True if it may stand for events that a handler has published itself and that were
    /// refused.
    pub(super) fn stands_for_said(&mut self, record: usize) -> bool {
        let refused = self.refused.remove(&record).unwrap_or(0);
        (0..refused).for_each(|_| self.no_longer_owes(record));
        if refused > 0 {
            self.possible.insert(record);
            self.unsure.insert(record);
        }
        refused > 0
    }

    fn is_owed(&self, record: usize) -> bool {
        self.owed.get(&record).is_some_and(|owed| *owed > 0)
    }

    /// The first record that cannot be finished.
    pub(super) fn first_unfinished(&mut self) -> usize {
        let may_be = |record| self.done.contains(&record) || self.possible.contains(&record);
        let unfinished = (self.prefix..).find(|record| !may_be(*record) || self.is_owed(*record));
        self.prefix = unfinished.unwrap_or(self.prefix);
        self.prefix
    }

    /// The first record of which the engine does not know for certain that it is finished.
    pub(super) fn first_uncertain(&self) -> usize {
        let is_certain =
            |record| self.done.contains(&record) && !self.unsure.contains(&record) && !self.is_owed(record);
        (self.base..).find(|record| !is_certain(*record)).unwrap_or(self.base)
    }

    /// Handlers that run, and commands that wait for their next attempt.
    pub(super) fn in_flight(&self) -> usize {
        self.running.len() + if self.counts() && !self.draining { self.retrying.len() } else { 0 }
    }
}
