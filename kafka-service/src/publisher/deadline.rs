//! The timeout of one publication.

use std::{future::Future, pin::pin, time::Duration};

use futures_util::future::{BoxFuture, Either, select};

use super::PublisherShared;

/// A timeout that runs.
pub(super) struct Deadline {
    pub(super) timeout: Duration,
    timer: BoxFuture<'static, ()>,
}

impl Deadline {
    /// Waits for a result until the deadline. A result that arrives together with the deadline counts.
    pub(super) async fn within<F: Future>(&mut self, future: F) -> Option<F::Output> {
        match select(pin!(future), &mut self.timer).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(((), _)) => None,
        }
    }
}

impl PublisherShared {
    /// Starts a timeout. The timer belongs to the runtime of the service, because a publication may be awaited in
    /// another one, or in none.
    pub(super) fn deadline(&self, timeout: Duration) -> Deadline {
        let _context = self.backlog.runtime().map(tokio::runtime::Handle::enter);
        Deadline { timeout, timer: self.clock.sleep(timeout) }
    }
}
