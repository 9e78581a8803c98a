//! The settings of one run: sizes, limits, and the rates of faults.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::random::Random;
use crate::config::{OrderBy, RetryPolicy, UnknownCommands};

/// Drawn once for each seed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    /// The number of actions before faults stop.
    pub(super) steps: usize,
    pub(super) partitions: usize,
    /// The maximum number of records of a partition.
    pub(super) records: usize,
    /// The number of keys of a partition.
    pub(super) keys: usize,
    /// The number of instances at the start, which is also the maximum.
    pub(super) instances: usize,
    pub(super) max_uncommitted: usize,
    pub(super) max_in_flight: usize,
    /// The total number of attempts.
    pub(super) attempts: u32,
    pub(super) backoff_ms: u64,
    pub(super) timeout_ms: u64,
    pub(super) drain_ms: u64,
    /// Whether a command without a handler is dead-lettered.
    pub(super) unknown_is_dead_lettered: bool,
    /// Whether a whole partition is one lane.
    pub(super) by_partition: bool,
    /// The capacity of a producer, in records.
    pub(super) queue: usize,
    /// The number of partitions of the events topic.
    pub(super) event_partitions: u32,
    /// Whether a rebalance revokes all partitions of all members first, as with the range assignor.
    pub(super) eager: bool,
    /// Whether a client learns of a rebalance only after it has answered the one before, as with librdkafka.
    pub(super) one_at_a_time: bool,
    /// Whether the client reports the end of the log among the records.
    pub(super) ends: bool,
    /// Whether a rebalance pauses all partitions. A pause resets the client to where it believes the engine is, which
    /// an error or an end may have moved: as with librdkafka 2.12.
    pub(super) pauses: bool,
    /// Whether the committed offsets are far past the end of the log at the start.
    pub(super) beyond: bool,
    pub(super) rates: Rates,
    pub(super) paces: [u32; 10],
}

/// Rates per mille: of the actions (the second group), or of the occasions (the first).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Rates {
    /// A commit cannot be started.
    pub(super) commit_not_started: u32,
    /// The broker rejects a commit, as in the middle of a rebalance.
    pub(super) commit_refused: u32,
    /// A commit is never answered.
    pub(super) commit_unanswered: u32,
    /// A commit arrives before an older one.
    pub(super) commit_reordered: u32,
    /// The broker rejects some consecutive records, once.
    pub(super) not_delivered: u32,
    /// The broker rejects one record for its content.
    pub(super) record_refused: u32,
    /// The producer is full, and empty a moment later.
    pub(super) full: u32,
    /// A record cannot be read back.
    pub(super) not_read_back: u32,
    /// Another thread acts while a handler occupies the dispatcher's.
    pub(super) meanwhile: u32,
    /// Something other than a record arrives in place of one.
    pub(super) error_record: u32,
    /// A lost assignment is not known to be lost.
    pub(super) lost_untold: u32,
    /// A fetch fails, and an error arrives in place of the records.
    pub(super) fetch_failed: u32,
    /// The client does not report that it was reset.
    pub(super) reset_untold: u32,

    pub(super) rebalance: u32,
    pub(super) crash: u32,
    pub(super) start: u32,
    pub(super) freeze: u32,
    pub(super) thaw: u32,
    pub(super) expire: u32,
    pub(super) stop: u32,
    pub(super) consumer_fatal: u32,
    pub(super) consumer_replaced: u32,
    pub(super) producer_fatal: u32,
    /// A log is truncated: its topic was recreated, and the same records are produced again.
    pub(super) truncate: u32,
}

impl Settings {
    pub(super) fn draw(random: &mut Random) -> Self {
        let backoff_ms = random.pick(&[5, 20, 50]);
        let one_at_a_time = random.chance(700);
        Self {
            steps: random.pick(&[150, 400, 400, 1000, 1000, 2000]),
            partitions: random.between(1, 4),
            records: random.pick(&[4, 10, 25, 60]),
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
            one_at_a_time,
            ends: random.chance(700),
            pauses: one_at_a_time && random.chance(700),
            beyond: random.chance(150),
            rates: Rates::draw(random),
            paces: paces(random),
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

    pub(super) fn ordering(&self) -> OrderBy {
        if self.by_partition { OrderBy::Partition } else { OrderBy::Key }
    }
}

/// How many kinds of faults a run has. Runs with few reveal what runs with all of them hide, and the other way round.
#[derive(Clone, Copy, Debug)]
enum Swarm {
    None,
    /// One to three kinds.
    Few,
    /// Each with a probability of one half.
    Half,
    All,
}

/// The number of kinds of faults: the fields of [`Rates`], except for those that repair.
const KINDS: usize = 22;

impl Swarm {
    fn draw(random: &mut Random) -> [bool; KINDS] {
        let mut has = [false; KINDS];
        match random.pick(&[Self::None, Self::Few, Self::Few, Self::Few, Self::Half, Self::Half, Self::Half, Self::All])
        {
            Self::None => {}
            Self::Few => (0..random.between(1, 3)).for_each(|_| has[random.below(KINDS)] = true),
            Self::Half => has.fill_with(|| random.chance(500)),
            Self::All => has.fill(true),
        }
        has
    }
}

impl Rates {
    fn draw(random: &mut Random) -> Self {
        let mut kinds = Swarm::draw(random).into_iter();
        let mut rate = |rates: &[u32]| if kinds.next() == Some(true) { random.pick(rates) } else { 0 };
        Self {
            commit_not_started: rate(&[20, 100, 300]),
            commit_refused: rate(&[20, 100, 300]),
            commit_unanswered: rate(&[100, 500, 1000]),
            commit_reordered: rate(&[300]),
            not_delivered: rate(&[10, 50, 200]),
            record_refused: rate(&[10, 50, 300]),
            full: rate(&[10, 100]),
            not_read_back: rate(&[300, 700]),
            meanwhile: rate(&[50, 200]),
            error_record: rate(&[10]),
            lost_untold: rate(&[300, 1000]),
            rebalance: rate(&[3, 10, 30]),
            crash: rate(&[1, 4, 10]),
            freeze: rate(&[2, 10]),
            expire: rate(&[1, 4, 10]),
            stop: rate(&[1, 4, 10]),
            consumer_fatal: rate(&[1, 3]),
            consumer_replaced: rate(&[1, 4, 10]),
            producer_fatal: rate(&[1, 3, 10]),
            fetch_failed: rate(&[20, 100]),
            reset_untold: rate(&[300, 1000]),
            truncate: rate(&[1, 4, 10]),
            start: 20,
            thaw: 20,
        }
    }

    /// Stops all faults.
    pub(super) fn calm() -> Self {
        Self::default()
    }
}

/// How often everything else happens, in about a thousand actions: drive, poll, append, report, free, commit, answer,
/// timer, advance, coordinate. A run in which one of these is slow differs from one in which all are.
pub(super) const PACES: [u32; 10] = [220, 220, 120, 120, 60, 40, 40, 60, 30, 60];

fn paces(random: &mut Random) -> [u32; 10] {
    if random.chance(300) {
        return PACES;
    }
    PACES.map(|pace| pace * random.pick(&[1, 4, 4, 4, 8]) / 4)
}
