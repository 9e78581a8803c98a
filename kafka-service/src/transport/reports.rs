//! What a producing client reports.

#[cfg(doc)]
use super::Producer;
use super::{Token, Undelivered};

/// Receives the delivery reports of a [`Producer`], on the client's threads.
pub(crate) trait DeliveryReports: Send + Sync + 'static {
    /// A record was acknowledged.
    fn delivered(&self, token: Token);

    /// The delivery of a record failed, and the client has given it up.
    fn failed(&self, token: Token, undelivered: Undelivered);

    /// Records have left the producer, delivered or not. A client may release their memory only after it has reported
    /// them, so it calls this again then.
    fn made_room(&self);

    /// From now on nothing is sent, because it could overtake records that are about to come back.
    fn hold(&self);

    /// Withdraws one [`hold`](Self::hold).
    fn release(&self);

    /// Whether a producer must report that it is full.
    fn is_held(&self) -> bool;

    /// Whether the service has stopped, so that failures of its broker are expected.
    fn is_closing(&self) -> bool;
}
