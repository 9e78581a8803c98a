//! Which states of a process met in a run: at the same time, or one shortly after the other. A pair that never met says
//! nothing about how the engine handles it.

use std::fmt;

/// A state that a process is in, or was in shortly before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Situation {
    /// A partition is revoked, and the driver knows.
    Revoke,
    /// The group has assigned its partitions to others.
    Lost,
    /// It was told to stop.
    Stop,
    /// The whole process crashes.
    Crash,
    /// It gets no CPU time.
    Frozen,
    /// The last answered commit was rejected.
    CommitRefused,
    /// The answer to a commit is lost.
    CommitUnanswered,
    CommitNotStarted,
    /// The broker does not accept a record, for now.
    NotDelivered,
    /// The broker rejects an event for its content.
    EventRefused,
    /// A key is blocked until its undelivered records are delivered.
    KeyClosed,
    DeadLetter,
    /// The broker, or the producer, rejects a dead letter for its content.
    DeadLetterRefused,
    /// A command is read back, because its event will never be accepted.
    ReadBack,
    ProducerReplaced,
    /// Its consuming client is replaced.
    ConsumerReplaced,
    /// The producer has no room.
    QueueFull,
    RetryPending,
    /// A handler is cancelled at its timeout.
    TimedOut,
    /// A handler itself publishes.
    Publishes,
    /// A partition is throttled because its window is full.
    WindowFull,
    /// The client does not fetch it any more.
    Paused,
}

const NAMES: [&str; COUNT] = [
    "revoke",
    "lost assignment",
    "stop",
    "crash",
    "frozen",
    "commit refused",
    "commit unanswered",
    "commit not started",
    "event not delivered",
    "event refused",
    "key closed",
    "dead letter",
    "dead letter refused",
    "read back",
    "producer replaced",
    "consumer replaced",
    "queue full",
    "retry pending",
    "timed out",
    "handler publishes",
    "window full",
    "paused",
];
const COUNT: usize = Situation::Paused as usize + 1;
/// A state counts as present for this many actions of the world after it was last seen.
const LASTS: u32 = 40;

/// Pairs that cannot meet, and why.
const IMPOSSIBLE: &[(Situation, Situation, &str)] = &[];

/// The pairs of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Coverage {
    action: u32,
    /// For each process and state, until when it counts as present.
    until: Vec<[u32; COUNT]>,
    /// For each state, the states that it met, one bit each.
    met: [u32; COUNT],
}

impl Coverage {
    /// Starts another action of the world.
    pub(super) fn next_action(&mut self) {
        self.action += 1;
    }

    /// Records that a process is in a state now.
    pub(super) fn see(&mut self, instance: u32, state: Situation) {
        let place = instance as usize;
        if self.until.len() <= place {
            self.until.resize(place + 1, [0; COUNT]);
        }
        let until = &mut self.until[place];
        until[state as usize] = self.action + LASTS;
        for (other, until) in until.iter().enumerate() {
            if *until > self.action {
                self.met[state as usize] |= 1 << other;
                self.met[other] |= 1 << (state as usize);
            }
        }
    }
}

/// The number of runs in which each pair met.
#[derive(Clone, Debug)]
pub(super) struct Pairs {
    runs: u64,
    counts: [[u64; COUNT]; COUNT],
}

impl Default for Pairs {
    fn default() -> Self {
        Self { runs: 0, counts: [[0; COUNT]; COUNT] }
    }
}

impl Pairs {
    pub(super) fn add(&mut self, coverage: &Coverage) {
        self.runs += 1;
        for (counts, met) in self.counts.iter_mut().zip(coverage.met) {
            for (other, count) in counts.iter_mut().enumerate() {
                *count += u64::from(met >> other & 1);
            }
        }
    }

    /// The pairs that met in less than one of a thousand runs, although they can.
    pub(super) fn rare(&self) -> Vec<String> {
        let is_possible = |one: usize, other: usize| {
            !IMPOSSIBLE.iter().any(|(a, b, _)| {
                let pair = (*a as usize, *b as usize);
                pair == (one, other) || pair == (other, one)
            })
        };
        let pairs = (0..COUNT).flat_map(|one| (0..one).map(move |other| (one, other)));
        let rare =
            pairs.filter(|(one, other)| is_possible(*one, *other) && self.counts[*one][*other] * 1000 < self.runs);
        rare.map(|(one, other)| format!("{} x {}: {}", NAMES[other], NAMES[one], self.counts[one][other])).collect()
    }
}

/// The lower half of the table. The diagonal has the number of runs with the state.
impl fmt::Display for Pairs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:>20}", "runs in which both")?;
        (0..COUNT).try_for_each(|place| write!(formatter, " {:>7}", place + 1))?;
        writeln!(formatter)?;
        for (place, counts) in self.counts.iter().enumerate() {
            write!(formatter, "{:>2} {:<19}", place + 1, NAMES[place])?;
            counts[..=place].iter().try_for_each(|count| write!(formatter, "{count:>7} "))?;
            writeln!(formatter)?;
        }
        for (one, other, reason) in IMPOSSIBLE {
            writeln!(formatter, "cannot meet: {} x {}: {reason}", NAMES[*one as usize], NAMES[*other as usize])?;
        }
        Ok(())
    }
}
