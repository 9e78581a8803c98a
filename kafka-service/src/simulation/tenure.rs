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

    /// The first record that cannot be finished.
    pub(super) fn first_unfinished(&mut self) -> usize {
        while self.done.contains(&self.prefix) || self.possible.contains(&self.prefix) {
            self.prefix += 1;
        }
        self.prefix
    }

    /// The first record of which the engine does not know for certain that it is finished.
    pub(super) fn first_uncertain(&self) -> usize {
        (self.base..).find(|record| !self.done.contains(record)).unwrap_or(self.base)
    }

    /// Handlers that run, and commands that wait for their next attempt.
    pub(super) fn in_flight(&self) -> usize {
        self.running.len() + if self.counts() && !self.draining { self.retrying.len() } else { 0 }
    }
}
