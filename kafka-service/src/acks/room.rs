//! Room in the producer: everything that waits for it is told when records have left.

use std::{
    future::Future,
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;

use crate::transport::SendError;

/// Tells when the producer may have room again.
#[derive(Debug, Default)]
pub(crate) struct Room {
    made: Notify,
    has_waiters: AtomicBool,
    closed: AtomicBool,
}

impl Room {
    /// Signals that records have left the producer.
    pub(super) fn made(&self) {
        if self.has_waiters.load(Ordering::Relaxed) {
            self.has_waiters.store(false, Ordering::Relaxed);
            self.made.notify_waiters();
        }
    }

    /// From now on nothing waits for room.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.made.notify_waiters();
    }

    /// Calls `send` until the producer has room. The caller handles every result except "full".
    pub(crate) async fn send_when_made<F>(&self, mut send: F) -> Result<(), SendError>
    where
        F: FnMut() -> Result<(), SendError>,
    {
        loop {
            let mut made = pin!(self.made.notified());
            // Registered before the attempt, so that an acknowledgement in between is not missed.
            made.as_mut().enable();
            self.has_waiters.store(true, Ordering::Relaxed);
            match send() {
                Err(SendError::QueueFull) if !self.closed.load(Ordering::Relaxed) => made.await,
                other => return other,
            }
        }
    }

    /// Completes when a report has arrived, which makes room. Reports count from this call on, even before the first
    /// poll.
    pub(crate) fn next(&self) -> impl Future<Output = ()> + '_ {
        // In the other order, a notification in between would be missed.
        let made = self.made.notified();
        self.has_waiters.store(true, Ordering::Relaxed);
        made
    }
}
