//! Batches of records to handlers, and their results to the producer.
//!
//! One task on its own thread does everything: it takes a whole batch, decodes each envelope in place, finds the
//! handler, and polls it once inline. What is finished by then needs no task, no copy and no queue. What is not (a
//! pending handler, a busy key, a retry) is copied and parked. Because one task starts every handler and hands over
//! every event, the events of one key are sent in the order of their commands.

mod abandon;
mod assigned;
mod attempt;
mod breaker;
mod closed;
mod core;
mod costs;
mod ignored;
mod intake;
mod job;
mod lanes;
mod outcome;
mod output;
mod parked;
mod pool;
mod refusal;
mod repair;
mod resend;
mod running;
mod unhandled;
mod unknown;

pub(crate) use self::{
    core::{Core, Counters, Fatal, Settings},
    costs::Costs,
    running::Dispatcher,
};

use std::{any::Any, sync::mpsc};

use crate::message::Record;

/// How many batches may wait for the dispatcher: it works on one while the next is fetched.
pub(crate) const BATCHES_AHEAD: usize = 2;

/// Records on their way from a transport to the dispatcher.
pub(crate) struct Batch<R> {
    pub(crate) entries: Vec<Entry<R>>,
    /// Whether more records follow soon, so that the results of these need not be sent at once.
    pub(crate) more: bool,
    /// Held until every record of the batch is dropped: it tells the client that the memory is free.
    #[expect(dead_code, reason = "held, not read")]
    pub(crate) lease: Option<Box<dyn Any + Send>>,
}

/// One record with its slot in the window of its assignment.
#[derive(Debug)]
pub(crate) struct Entry<R> {
    pub(crate) record: R,
    pub(crate) assignment: u32,
    pub(crate) slot: u64,
}

impl<R: Record> std::fmt::Debug for Batch<R> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Batch").field("records", &self.entries.len()).finish_non_exhaustive()
    }
}

/// What the consuming side requests of the dispatcher.
#[derive(Debug)]
pub(crate) enum Control {
    /// Start nothing new of these assignments. The answer arrives when that is certain; what is running continues.
    Drain { assignments: Vec<u32>, done: mpsc::Sender<()> },
}
