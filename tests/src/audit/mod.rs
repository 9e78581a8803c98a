//! Was anything lost, done twice or done out of order? Answered from what stands in the topics after a run of workers:
//! the commands, the events, the dead letters, and the group's own log of accepted commits.

mod commits;
mod report;
#[cfg(test)]
mod tests;
mod trace;

use std::time::SystemTime;

pub use commits::{Commit, commits};
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
}
