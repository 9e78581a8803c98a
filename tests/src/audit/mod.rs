//! Was anything lost, done twice or done out of order? Answered from what stands in the topics after a run of workers:
//! the commands, the events, the dead letters, and the group's own log of accepted commits.

mod commits;
mod logs;
mod report;
#[cfg(test)]
mod tests;
mod trace;

use std::time::SystemTime;

pub use commits::{Commit, commits};
pub use logs::found_in_logs;
pub use report::{ForDisturbance, Report, audit};
pub use trace::{Done, Place, Trace};

/// The time as it stands in events and disturbances: milliseconds since the epoch.
#[must_use]
pub fn now() -> u64 {
    u64::try_from(SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

/// What was done during a run, in milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disturbance {
    /// Of which kind.
    pub kind: Kind,
    /// The instance, or the broker.
    pub instance: String,
    /// When it began.
    pub from: u64,
    /// When it was over; the same for a kill.
    pub until: u64,
    /// How many commands the group had not committed then.
    pub lag: i64,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// SIGKILL.
    Kill,
    /// SIGSTOP and, later, SIGCONT.
    Stop,
    /// A broker was killed and started again. While the group's coordinator is away for longer than the session timeout,
    /// members lose their partitions.
    Bounce,
    /// An instance says that it has lost partitions.
    Lost,
    /// An instance gave partitions back with commands undone. What it had finished behind one of them could not be committed.
    LeftBehind,
    /// An instance was asked to end soon after something else had happened to its group. With the classic protocols, commits
    /// do nothing while the others wait for a member that is gone.
    Leave,
    /// An instance has replaced its consumer, and so lost all partitions.
    NewConsumer,
    /// An instance has replaced its producer, and sent again what the old one had not reported.
    NewProducer,
}

impl Kind {
    /// What a duplicate is put down to.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Stop => "stop",
            Self::Bounce => "bounce",
            Self::Lost => "lost assignment",
            Self::LeftBehind => "given back with gaps",
            Self::Leave => "ended during a rebalance",
            Self::NewConsumer => "new consumer",
            Self::NewProducer => "new producer",
        }
    }
}
