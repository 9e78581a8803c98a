//! What the consumer hands to the dispatcher.

use std::{any::Any, fmt, sync::mpsc};

/// How many batches may wait for the dispatcher: it works on one while the next is fetched.
pub(crate) const BATCHES_AHEAD: usize = 2;

/// Records on their way from a transport to the dispatcher.
pub(crate) struct Batch<R> {
    pub(crate) entries: Vec<BatchEntry<R>>,
    /// Whether more records follow soon, so that the results of these need not be sent at once.
    pub(crate) more: bool,
    /// Held until every record of the batch is dropped: it tells the client that the memory is free.
    #[expect(dead_code, reason = "held, not read")]
    pub(crate) lease: Option<Box<dyn Any + Send>>,
}

/// One record with its slot in the window of its assignment.
#[derive(Debug)]
pub(crate) struct BatchEntry<R> {
    pub(crate) record: R,
    pub(crate) assignment: u32,
    pub(crate) slot: u64,
}

impl<R> fmt::Debug for Batch<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Batch").field("records", &self.entries.len()).finish_non_exhaustive()
    }
}

/// What the consuming side requests of the dispatcher.
#[derive(Debug)]
pub(crate) enum Control {
    /// Start nothing new of these assignments. The answer arrives when that is certain; what is running continues.
    Drain { assignments: Vec<u32>, done: mpsc::Sender<()> },
}
