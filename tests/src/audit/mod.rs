//! Finds lost, duplicate and out-of-order work after a run of workers, from the topics: the commands, the events, the
//! dead letters, and the group's own log of accepted commits.

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

/// A time in events and disturbances: milliseconds since the epoch.
#[must_use]
pub fn now() -> u64 {
    u64::try_from(SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

/// A disturbance of a run; its times are in milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disturbance {
    /// What happened.
    pub kind: Kind,
    /// The instance or the broker.
    pub instance: String,
    /// When it began.
    pub from: u64,
    /// When it ended; equal to `from` for a kill.
    pub until: u64,
    /// The lag of the group at that time.
    pub lag: i64,
}

/// The kind of a disturbance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// SIGKILL.
    Kill,
    /// SIGSTOP and, later, SIGCONT.
    Stop,
    /// A broker was killed and restarted. If the group's coordinator is away for longer than the session timeout,
    /// members lose their partitions.
    Bounce,
    /// An instance logged that it lost partitions.
    Lost,
    /// Partitions were revoked with commands uncommitted. What had finished behind an unfinished command could not be
    /// committed.
    LeftBehind,
    /// An instance was shut down soon after another disturbance of its group. With the classic protocols, commits have
    /// no effect while the other members wait for a member that is gone.
    Leave,
    /// An instance replaced its consumer, and so lost all partitions.
    NewConsumer,
    /// An instance replaced its producer, and resent what was unacknowledged.
    NewProducer,
}

impl Kind {
    /// The label of the kind in a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Stop => "stop",
            Self::Bounce => "bounce",
            Self::Lost => "lost assignment",
            Self::LeftBehind => "revoked with gaps",
            Self::Leave => "ended during a rebalance",
            Self::NewConsumer => "new consumer",
            Self::NewProducer => "new producer",
        }
    }
}
