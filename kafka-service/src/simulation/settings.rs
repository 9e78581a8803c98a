//! What one run is like: sizes, limits, and how often what goes wrong.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::random::Random;
use crate::config::{Ordering, RetryPolicy, UnknownCommands};

/// Drawn once for each seed. Each kind of fault is absent from many runs, so that it does not hide what others show.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    /// Actions before faults stop.
    pub(super) steps: usize,
    pub(super) partitions: usize,
    /// Records of one partition, at most.
    pub(super) records: usize,
    /// Keys of one partition.
    pub(super) keys: usize,
    /// Instances at the start and at most.
    pub(super) instances: usize,
    pub(super) max_uncommitted: usize,
    pub(super) max_in_flight: usize,
    /// Calls of a handler in all.
    pub(super) attempts: u32,
    pub(super) backoff_ms: u64,
    pub(super) timeout_ms: u64,
    pub(super) drain_ms: u64,
    /// A command without a handler is dead-lettered.
    pub(super) unknown_is_dead_lettered: bool,
    /// A whole partition is one lane.
    pub(super) by_partition: bool,
    /// How many records a producer holds.
    pub(super) queue: usize,
    /// Partitions of the topic for events.
    pub(super) event_partitions: u32,
    /// A rebalance takes everything from everybody first, as with the range assignor.
    pub(super) eager: bool,
    /// A client hears of the next rebalance only when it has answered the one before, as with librdkafka.
    pub(super) one_at_a_time: bool,
    pub(super) rates: Rates,
}

/// Per mille: of the actions (the second group), or of the occasions (the first).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Rates {
    /// A commit cannot be started.
    pub(super) commit_not_started: u32,
    /// The broker refuses a commit, as in the middle of a rebalance.
    pub(super) commit_refused: u32,
    /// A commit is never answered.
    pub(super) commit_unanswered: u32,
    /// A commit arrives before an older one.
    pub(super) commit_reordered: u32,
    /// The broker does not take some records in a row, this once.
    pub(super) not_delivered: u32,
    /// It does not take one record because of what it is.
    pub(super) record_refused: u32,
    /// The producer is full, and empty a moment later.
    pub(super) full: u32,
    /// A record cannot be read back.
    pub(super) not_read_back: u32,
    /// Another thread does something while a handler has the dispatcher's.
    pub(super) meanwhile: u32,
    /// Something stands in the place of a record.
    pub(super) error_record: u32,
    /// A lost assignment is not known to be lost.
    pub(super) lost_untold: u32,

    pub(super) rebalance: u32,
    pub(super) crash: u32,
    pub(super) start: u32,
    pub(super) freeze: u32,
    pub(super) thaw: u32,
    pub(super) expire: u32,
    pub(super) stop: u32,
    pub(super) consumer_fatal: u32,
    pub(super) producer_fatal: u32,
}

impl Settings {
    pub(super) fn draw(random: &mut Random) -> Self {
        let backoff_ms = random.pick(&[5, 20, 50]);
        Self {
            steps: random.pick(&[300, 1000, 2500]),
            partitions: random.between(1, 4),
            records: random.pick(&[8, 25, 80]),
            keys: random.pick(&[1, 2, 3, 5]),
            instances: random.between(1, 3),
            max_uncommitted: random.pick(&[1, 2, 3, 4, 8, 16]),
            max_in_flight: random.pick(&[1, 2, 3, 5, 8]),
            attempts: u32::try_from(random.between(1, 4)).unwrap_or(1),
            backoff_ms,
            timeout_ms: random.pick(&[50, 200, 500]),
            drain_ms: random.pick(&[0, 20, 200, 1000, 3000]),
            unknown_is_dead_lettered: random.pick(&[false, true]),
            by_partition: random.pick(&[false, false, false, true]),
            queue: random.pick(&[1, 2, 5, 20]),
            event_partitions: random.pick(&[1, 2, 3]),
            eager: random.chance(250),
            one_at_a_time: random.chance(700),
            rates: Rates::draw(random),
        }
    }

    pub(super) fn retry(&self) -> RetryPolicy {
        let backoff = Duration::from_millis(self.backoff_ms);
        RetryPolicy::new(self.attempts, backoff, backoff * 4)
    }

    pub(super) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub(super) fn drain(&self) -> Duration {
        Duration::from_millis(self.drain_ms)
    }

    pub(super) fn unknown(&self) -> UnknownCommands {
        if self.unknown_is_dead_lettered { UnknownCommands::DeadLetter } else { UnknownCommands::Skip }
    }

    pub(super) fn ordering(&self) -> Ordering {
        if self.by_partition { Ordering::Partition } else { Ordering::Key }
    }
}

impl Rates {
    fn draw(random: &mut Random) -> Self {
        // Absent in `share` of a thousand runs, else one of the rates.
        let mut rate = |share: u32, rates: &[u32]| if random.chance(share) { 0 } else { random.pick(rates) };
        Self {
            commit_not_started: rate(800, &[20, 100]),
            commit_refused: rate(500, &[20, 100, 300]),
            commit_unanswered: rate(500, &[30, 200]),
            commit_reordered: rate(700, &[300]),
            not_delivered: rate(600, &[10, 50, 200]),
            record_refused: rate(700, &[10, 50]),
            full: rate(500, &[10, 100]),
            not_read_back: rate(500, &[300]),
            meanwhile: rate(300, &[50, 200]),
            error_record: rate(800, &[10]),
            lost_untold: rate(500, &[300, 1000]),
            rebalance: rate(200, &[3, 10, 30]),
            crash: rate(500, &[1, 4, 10]),
            start: 20,
            freeze: rate(500, &[2, 10]),
            thaw: 20,
            expire: rate(500, &[1, 4, 10]),
            stop: rate(600, &[1, 4]),
            consumer_fatal: rate(800, &[1, 3]),
            producer_fatal: rate(800, &[1, 3]),
        }
    }

    /// Nothing goes wrong any more.
    pub(super) fn calm() -> Self {
        Self::default()
    }
}
