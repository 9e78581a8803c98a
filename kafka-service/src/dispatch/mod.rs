//! DISPATCH: batches of records to handlers, and what comes out of them to the producer.
//!
//! One task, on a thread of its own, does it all: it takes a whole batch, decodes each envelope where the record lies, finds the handler, and
//! polls it once in place. What is finished by then has cost no task, no copy and no queue. What is not (a pending handler,
//! a busy key, a retry) is copied out and parked. Because one task starts every handler and hands over every event, the
//! events of one key leave in the order of their commands.

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

/// How many batches may wait for the dispatcher: one to work on while the next is fetched.
pub(crate) const BATCHES_AHEAD: usize = 2;

/// Records on their way from a transport to the dispatcher.
pub(crate) struct Batch<R> {
    pub(crate) entries: Vec<Entry<R>>,
    /// More follows soon, so what comes of this need not be sent in a hurry.
    pub(crate) more: bool,
    /// Kept until every record of the batch is dropped: whoever gave out the batch sees by it that the memory is free.
    #[expect(dead_code, reason = "held, not read")]
    pub(crate) lease: Option<Box<dyn Any + Send>>,
}

/// One record with its place in its assignment's window.
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

/// What the consuming side asks of the dispatcher.
#[derive(Debug)]
pub(crate) enum Control {
    /// These assignments start nothing new. The answer comes when that is certain; what runs goes on.
    Drain { assignments: Vec<u32>, done: mpsc::Sender<()> },
}
