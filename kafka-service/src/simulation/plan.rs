//! What happens with each command: drawn before the run, and the same at every delivery.

use serde::{Deserialize, Serialize};

use super::{random::Random, settings::Settings};

/// The content of a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Plan {
    /// Bytes that are not a message.
    NoMessage,
    /// A command without a handler.
    Unknown,
    /// A payload that its handler does not accept.
    Undecodable,
    /// A handler runs.
    Work(Work),
}

/// What a handler does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Work {
    /// Whether it is a plain `fn`, which cannot be cancelled.
    pub(super) plain: bool,
    /// How long each attempt takes.
    pub(super) takes: Takes,
    /// This many attempts fail first, in this way (in milliseconds where it has a delay).
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
    /// An event whose acknowledgement it awaits; it fails without it.
    Awaited,
    /// An event that it starts to await before it does something else.
    Forgotten,
    /// This many events without awaiting any.
    Detached(u32),
}

/// How long an attempt takes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Takes {
    /// Ready at the first poll.
    Nothing,
    /// Woken this many times at once.
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
    /// It never returns.
    Hang,
}

/// How the last attempt ends.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum End {
    /// This many events, each with its own key or with that of the command.
    Events {
        count: u32,
        own_key: bool,
    },
    Permanent,
    /// Some events that are accepted and some that are rejected: by the producer at once (`huge`) or by the broker,
    /// however often they are sent. If they are `mixed`, by the broker and the producer in turn.
    Refused {
        good: u32,
        bad: u32,
        huge: bool,
        #[serde(default)]
        mixed: bool,
    },
}

/// How many of a thousand records are of each kind: the same within a run, and different between runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mix {
    no_message: u32,
    unknown: u32,
    undecodable: u32,
    plain: u32,
    /// Attempts that take time.
    slow: u32,
    fails: u32,
    permanent: u32,
    refused: u32,
    own_key: u32,
    says: u32,
}

impl Mix {
    pub(super) fn draw(random: &mut Random) -> Self {
        let mut share = |shares: &[u32]| random.pick(shares);
        Self {
            no_message: share(&[0, 40, 40, 200]),
            unknown: share(&[0, 60, 60, 300]),
            undecodable: share(&[0, 30, 30, 150]),
            plain: share(&[0, 100, 100, 500]),
            slow: share(&[0, 400, 400, 900]),
            fails: share(&[0, 200, 200, 600]),
            permanent: share(&[0, 50, 50, 200]),
            refused: share(&[0, 50, 200, 500]),
            own_key: share(&[0, 250, 250, 700]),
            says: share(&[0, 150, 400, 800]),
        }
    }
}

impl Plan {
    pub(super) fn draw(random: &mut Random, settings: &Settings, mix: &Mix) -> Self {
        if random.chance(mix.no_message) {
            Self::NoMessage
        } else if random.chance(mix.unknown) {
            Self::Unknown
        } else if random.chance(mix.undecodable) {
            Self::Undecodable
        } else {
            Self::Work(Work::draw(random, settings, mix))
        }
    }

    /// Whether a dead letter is a valid outcome for it.
    pub(super) fn may_be_dead_lettered(&self, settings: &Settings) -> bool {
        match self {
            Self::NoMessage | Self::Undecodable => true,
            Self::Unknown => settings.unknown_is_dead_lettered,
            Self::Work(work) => {
                // What it publishes itself may fail, and its attempt with it.
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

    fn draw(random: &mut Random, settings: &Settings, mix: &Mix) -> Self {
        let plain = random.chance(mix.plain);
        let takes = match random.chance(mix.slow) {
            false if random.chance(700) => Takes::Nothing,
            false => Takes::Polls(count(random.between(1, 3))),
            // A plain function may exceed its timeout.
            true if plain => Takes::Millis(settings.timeout_ms * 2),
            true => Takes::Millis(settings.timeout_ms * random.between(1, 9) as u64 / 10),
        };
        let fails = match random.chance(mix.fails) {
            false => 0,
            true => random.pick(&[settings.attempts, 1, 1, 2, 3]),
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
        let says = match random.chance(mix.says) {
            false => Says::Nothing,
            true => match random.below(6) {
                0..=1 => Says::Awaited,
                2 => Says::Forgotten,
                _ => Says::Detached(random.pick(&[1, 1, 2, 3])),
            },
        };
        Self { plain, takes, fails, failure, says, end: End::draw(random, mix) }
    }
}

impl End {
    fn draw(random: &mut Random, mix: &Mix) -> Self {
        if random.chance(mix.permanent) {
            return Self::Permanent;
        }
        if random.chance(mix.refused) {
            return Self::Refused {
                good: random.pick(&[0, 0, 1, 2]),
                bad: random.pick(&[1, 2, 2, 3]),
                huge: random.chance(500),
                mixed: random.chance(600),
            };
        }
        Self::Events { count: random.pick(&[0, 0, 1, 1, 1, 1, 2, 2, 3]), own_key: random.chance(mix.own_key) }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(1)
}
