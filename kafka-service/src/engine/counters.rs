//! What the engine counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since startup. Every record is counted in exactly one of `finished`, `dead_lettered`, `skipped`, or, if its
/// partition was revoked first, `abandoned`. The exception is a record whose event the broker rejected for good after
/// it was finished: it is also in `dead_lettered`.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) received: AtomicU64,
    pub(crate) finished: AtomicU64,
    pub(crate) dead_lettered: AtomicU64,
    pub(crate) skipped: AtomicU64,
    pub(crate) abandoned: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) events: AtomicU64,
    /// Optional envelope fields with an unexpected value, which count as absent.
    pub(crate) ignored_fields: AtomicU64,
    /// Handlers that are running or waiting for their next attempt.
    pub(crate) in_flight: AtomicU64,
    /// Commands that wait for their next attempt.
    pub(crate) waiting_for_retry: AtomicU64,
    /// Records that the broker does not accept at the moment; they are sent again until it does.
    pub(crate) undelivered: AtomicU64,
}

impl Counters {
    /// Adds without an atomic read-modify-write: only the dispatcher writes these counters.
    pub(crate) fn add(counter: &AtomicU64, count: u64) {
        counter.store(counter.load(Ordering::Relaxed) + count, Ordering::Relaxed);
    }

    pub(crate) fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}
