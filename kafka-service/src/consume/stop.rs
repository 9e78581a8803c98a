//! How the driver is told to stop, and what is left unfinished.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use crate::sync;

/// Tells the driver to stop, and by when. Shared with everything that may request it.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    requested: AtomicBool,
    deadline: Mutex<Option<Instant>>,
}

impl Stop {
    /// Requests to receive no more records, let handlers finish until `deadline`, commit, and leave the group.
    pub(crate) fn request(&self, deadline: Instant) {
        sync::lock(&self.deadline).get_or_insert(deadline);
        self.requested.store(true, Ordering::Release);
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Acquire)
    }

    /// The deadline; `None` while no stop is requested.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if !self.is_requested() {
            return None;
        }
        *sync::lock(&self.deadline)
    }
}

/// What was unfinished when the driver ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Records that were taken and are not finished. They are not committed, so they are redelivered.
    pub(crate) left: usize,
    /// Those of them whose handlers were still running, or whose events were not acknowledged yet.
    pub(crate) running: usize,
}
