//! What can happen next.

use serde::{Deserialize, Serialize};

/// One action of the world or of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Action {
    /// The first instances start. Always the first action.
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
    /// The consuming client fails and is replaced.
    ConsumerReplaced,
    ProducerFatal,
    Truncate,
    /// Faults stop and everything finishes. Always the last action.
    Settle,
}

impl Action {
    /// Whether the action is done by an instance, or to one.
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
