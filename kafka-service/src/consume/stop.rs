//! Telling the driver to stop, and what it leaves behind.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use crate::sync;

/// Tells the driver to stop, and by when. Shared with whoever may ask for it.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    requested: AtomicBool,
    deadline: Mutex<Option<Instant>>,
}

impl Stop {
    /// Asks to take nothing more, let what runs finish until `deadline`, commit, and leave the group.
    pub(crate) fn request(&self, deadline: Instant) {
        sync::lock(&self.deadline).get_or_insert(deadline);
        self.requested.store(true, Ordering::Release);
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Acquire)
    }

    /// By when; `None` while nobody has asked.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if !self.is_requested() {
            return None;
        }
        *sync::lock(&self.deadline)
    }
}

/// What was left when the driver ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Records that were taken and are not finished. They are not committed, so they are delivered again.
    pub(crate) left: usize,
    /// Those of them whose handlers still ran, or whose events were not acknowledged yet.
    pub(crate) running: usize,
}
