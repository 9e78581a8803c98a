//! A reason with its circumstances.

use std::{fmt, time::SystemTime};

use super::Reason;

/// A reason why a service is not ready, since when, and what to do. [`Reason::Disabled`] is the exception: the service
/// is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// What is wrong, and with which resource.
    pub reason: Reason,
    /// When it was detected.
    pub since: SystemTime,
    /// What the client library or the broker reports, the latest if it changes; the log has the same text. May be
    /// empty.
    pub cause: String,
    /// What to do about it. Empty if you can only wait.
    pub help: String,
}

/// Prints the reason and its cause.
impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(formatter)?;
        if self.cause.is_empty() { Ok(()) } else { write!(formatter, ": {}", self.cause) }
    }
}
