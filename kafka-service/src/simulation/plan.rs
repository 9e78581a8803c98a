//! What becomes of each command: drawn before the run, the same at every delivery.

use serde::{Deserialize, Serialize};

use super::{random::Random, settings::Settings};

/// What is in a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Plan {
    /// Bytes that are no message.
    NoMessage,
    /// A command without a handler.
    Unknown,
    /// A payload that its handler does not take.
    Undecodable,
    /// A handler runs.
    Work(Work),
}

/// What a handler does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Work {
    /// It is a plain `fn`, which is not cancelled.
    pub(super) plain: bool,
    /// How long each attempt takes before it ends.
    pub(super) takes: Takes,
    /// So many attempts fail first, in this way (milliseconds for those that say when).
    pub(super) fails: u32,
    pub(super) failure: Failure,
    /// What each attempt publishes itself before it ends.
    pub(super) says: Says,
    pub(super) end: End,
}

/// What a handler publishes itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Says {
    Nothing,
    /// It waits for the acknowledgement, and fails without it.
    Awaited,
    /// It begins to wait, and then does something else.
    Forgotten,
    /// So many events, for none of which it waits.
    Detached(u32),
}

/// How long an attempt takes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Takes {
    /// Ready at the first poll.
    Nothing,
    /// Woken so many times at once.
    Polls(u32),
    Millis(u64),
}

/// How an attempt fails.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Failure {
    Error,
    Extract,
    Panic,
    PanicAtCall,
    RetryAfter(u64),
    /// It does not come back.
    Hang,
}

/// How the last attempt ends.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum End {
    /// So many events; each with a key of its own, or with that of the command.
    Events {
        count: u32,
        own_key: bool,
    },
    Permanent,
    /// Some events that are taken, and some that are not: the producer refuses them at once (`huge`), or the broker does,
    /// however often they are sent.
    Refused {
        good: u32,
        bad: u32,
        huge: bool,
    },
}

impl Plan {
    pub(super) fn draw(random: &mut Random, settings: &Settings) -> Self {
        match random.below(100) {
            0..=3 => Self::NoMessage,
            4..=9 => Self::Unknown,
            10..=12 => Self::Undecodable,
            _ => Self::Work(Work::draw(random, settings)),
        }
    }

    /// Whether a dead letter is the right end for it.
    pub(super) fn may_be_dead_lettered(&self, settings: &Settings) -> bool {
        match self {
            Self::NoMessage | Self::Undecodable => true,
            Self::Unknown => settings.unknown_is_dead_lettered,
            Self::Work(work) => {
                // What it says itself may fail, and then its attempt fails.
                work.says != Says::Nothing || work.fails >= settings.attempts || !matches!(work.end, End::Events { .. })
            }
        }
    }
}

impl Work {
    /// One event, at once.
    pub(super) fn simplest() -> Self {
        Self {
            plain: false,
            takes: Takes::Nothing,
            fails: 0,
            failure: Failure::Error,
            says: Says::Nothing,
            end: End::Events { count: 1, own_key: false },
        }
    }

    fn draw(random: &mut Random, settings: &Settings) -> Self {
        let plain = random.chance(100);
        let takes = match random.below(10) {
            0..=3 => Takes::Nothing,
            4..=5 => Takes::Polls(u32::try_from(random.between(1, 3)).unwrap_or(1)),
            // A plain function may take longer than it should.
            _ if plain => Takes::Millis(settings.timeout_ms * 2),
            _ => Takes::Millis(settings.timeout_ms * random.between(1, 9) as u64 / 10),
        };
        let fails = match random.below(20) {
            0..=15 => 0,
            16 => settings.attempts,
            _ => u32::try_from(random.between(1, 3)).unwrap_or(1),
        };
        let failure = match random.below(8) {
            0..=2 => Failure::Error,
            3 => Failure::Extract,
            4 => Failure::Panic,
            5 => Failure::PanicAtCall,
            6 => Failure::RetryAfter(random.pick(&[0, 10, 100])),
            // Nothing could end it.
            _ if plain => Failure::Error,
            _ => Failure::Hang,
        };
        let end = match random.below(20) {
            0 => End::Permanent,
            1 => End::Refused {
                good: random.pick(&[0, 0, 1, 2]),
                bad: random.pick(&[1, 1, 2]),
                huge: random.chance(500),
            },
            2..=5 => End::Events { count: 0, own_key: false },
            6..=8 => End::Events { count: 2, own_key: random.chance(300) },
            9 => End::Events { count: 3, own_key: false },
            _ => End::Events { count: 1, own_key: random.chance(200) },
        };
        let says = match random.below(40) {
            0..=1 => Says::Awaited,
            2 => Says::Forgotten,
            3..=5 => Says::Detached(random.pick(&[1, 1, 2, 3])),
            _ => Says::Nothing,
        };
        Self { plain, takes, fails, failure, says, end }
    }
}
