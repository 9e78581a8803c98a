//! What one run is like: sizes, limits, and how often what goes wrong.

use std::time::Duration;

use super::random::Random;
use crate::config::{Ordering, RetryPolicy, UnknownCommands};

/// Drawn once for each seed. Each kind of fault is absent from many runs, so that it does not hide what others show.
#[derive(Clone, Debug)]
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
    pub(super) retry: RetryPolicy,
    pub(super) timeout: Duration,
    pub(super) drain: Duration,
    pub(super) unknown: UnknownCommands,
    pub(super) ordering: Ordering,
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
#[derive(Clone, Debug, Default)]
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
        let ms = Duration::from_millis;
        let backoff = ms(random.pick(&[5, 20, 50]));
        Self {
            steps: random.pick(&[300, 1000, 2500]),
            partitions: random.between(1, 4),
            records: random.pick(&[8, 25, 80]),
            keys: random.pick(&[1, 2, 3, 5]),
            instances: random.between(1, 3),
            max_uncommitted: random.pick(&[1, 2, 3, 4, 8, 16]),
            max_in_flight: random.pick(&[1, 2, 3, 5, 8]),
            retry: RetryPolicy::new(u32::try_from(random.between(1, 4)).unwrap_or(1), backoff, backoff * 4),
            timeout: ms(random.pick(&[50, 200, 500])),
            drain: ms(random.pick(&[0, 20, 200, 1000, 3000])),
            unknown: random.pick(&[UnknownCommands::Skip, UnknownCommands::DeadLetter]),
            ordering: random.pick(&[Ordering::Key, Ordering::Key, Ordering::Key, Ordering::Partition]),
            queue: random.pick(&[1, 2, 5, 20]),
            event_partitions: random.pick(&[1, 2, 3]),
            eager: random.chance(250),
            one_at_a_time: random.chance(700),
            rates: Rates::draw(random),
        }
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
