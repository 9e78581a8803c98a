//! What can happen next.

use serde::{Deserialize, Serialize};

/// One action of the world or of an instance in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Action {
    /// The first instances start; always the first.
    Begin,
    Drive,
    Poll,
    SpuriousPoll,
    Fetch,
    Append,
    Report,
    Free,
    ProcessCommit,
    AnswerCommit,
    Coordinate,
    Timer,
    Advance,
    Produce,
    Rebalance,
    Crash,
    Start,
    Freeze,
    Thaw,
    Expire,
    Stop,
    ConsumerFatal,
    /// The consuming client ends, and another takes its place.
    ConsumerReplaced,
    ProducerFatal,
    Truncate,
    /// Faults stop, and everything comes to its end; always the last.
    Settle,
}

impl Action {
    /// Whether an instance does it, or it is done to one.
    pub(super) fn is_of_instance(self) -> bool {
        !matches!(
            self,
            Self::Begin
                | Self::Settle
                | Self::Timer
                | Self::Advance
                | Self::Coordinate
                | Self::Rebalance
                | Self::Produce
                | Self::Truncate
                | Self::Start
        )
    }
}
