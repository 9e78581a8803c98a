//! The dispatcher's loop.

use std::{
    future::{poll_fn, ready},
    sync::{Arc, atomic::Ordering},
    task::Poll,
};

use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use super::{
    Batch, Control, Core, Counters,
    intake::Intake,
    refusal::Refusals,
    repair::{Attempt, Verdict},
};
use crate::{message::Record, publish::Incoming};

/// After this many finished handlers, everything else has its turn. Otherwise the first handlers to finish, and those
/// that follow them in their lanes, would keep others from starting, and fewer would run at once than the limit allows.
const ENDS_IN_A_ROW: u32 = 64;

/// Takes batches and drives parked commands until the batches end.
pub(crate) struct Dispatcher<R> {
    intake: Intake,
    batches: mpsc::Receiver<Batch<R>>,
    control: mpsc::UnboundedReceiver<Control>,
    refusals: Refusals,
    /// Whether the next batch follows soon.
    more: bool,
    ends_in_a_row: u32,
}

impl<R: Record> Dispatcher<R> {
    pub(crate) fn new(
        core: Arc<Core>,
        batches: mpsc::Receiver<Batch<R>>,
        control: mpsc::UnboundedReceiver<Control>,
        incoming: mpsc::UnboundedReceiver<Incoming>,
    ) -> Self {
        let (intake, refusals) = (Intake::new(core, incoming), Refusals::default());
        Self { intake, batches, control, refusals, more: false, ends_in_a_row: 0 }
    }

    /// Runs until the sender of the batches is gone and everything that was started has ended.
    pub(crate) async fn run(mut self) {
        let core = Arc::clone(&self.intake.core);
        let mut open = true;
        loop {
            // Undelivered records are handled before anything else is sent, so that nothing of their keys overtakes
            // them.
            self.intake.publishing.take_incoming();
            let room = self.intake.publishing.output.drain(&core.acks);
            // Checked only now: what has just arrived may have been all that was left, and then nothing would wake this
            // task again.
            if !open && self.is_idle() {
                break;
            }
            // Control first, so that a revocation never waits behind work. Finished handlers before new ones, so that
            // memory is bounded, but only so many in a row.
            tokio::select! { biased;
                Some(control) = self.control.recv() => self.control(control),
                Some(done) = self.intake.jobs.next(),
                    if !self.intake.jobs.is_empty() && self.ends_in_a_row < ENDS_IN_A_ROW => {
                    let mut done = Some(done);
                    poll_fn(|context| {
                        if let Some(done) = done.take() {
                            self.intake.done(done, context);
                        }
                        Poll::Ready(())
                    })
                    .await;
                    self.ends_in_a_row += 1;
                }
                Some(incoming) = self.intake.publishing.incoming.recv() => {
                    self.intake.publishing.take(incoming);
                }
                Some(attempt) = self.intake.publishing.output.repair.next(),
                    if !self.intake.publishing.output.repair.is_empty() => self.judge(attempt),
                Some(refused) = self.refusals.next(), if !self.refusals.is_empty() => {
                    refused.finish(&mut self.intake.publishing);
                }
                // The next iteration sends.
                Some(()) = room => {}
                batch = self.batches.recv(), if open && self.intake.has_room() => match batch {
                    Some(batch) => self.batch(batch).await,
                    None => (open, self.more) = (false, false),
                },
                // All others have had their turn.
                () = ready(()), if self.ends_in_a_row >= ENDS_IN_A_ROW => self.ends_in_a_row = 0,
            }
            self.rest();
        }
        for (kind, count) in self.intake.unknown.summary() {
            tracing::info!(kind, count, "commands without a handler skipped");
        }
        let ignored = Counters::get(&self.intake.core.counters.ignored_fields);
        if ignored > 0 {
            tracing::info!(ignored, "envelope fields of an unexpected type ignored");
        }
    }

    /// Handles a whole batch without yielding, then yields.
    async fn batch(&mut self, batch: Batch<R>) {
        Counters::add(&self.intake.core.counters.received, batch.entries.len() as u64);
        (self.more, self.ends_in_a_row) = (batch.more, 0);
        let mut batch = Some(batch);
        // The batch is dropped when its last record is handled, before anything is awaited.
        poll_fn(|context| {
            if let Some(batch) = batch.take() {
                for entry in &batch.entries {
                    self.intake.take(entry, context);
                }
            }
            Poll::Ready(())
        })
        .await;
        tokio::task::yield_now().await;
    }

    /// Between two steps: updates the counters, and lets the producer send lingering records if nothing more follows.
    fn rest(&mut self) {
        let counters = &self.intake.core.counters;
        let in_flight = self.intake.jobs.len() + self.intake.ready.len();
        counters.in_flight.store(in_flight as u64, Ordering::Relaxed);
        let undelivered = self.intake.publishing.output.repair.len() + self.refusals.len();
        counters.undelivered.store(undelivered as u64, Ordering::Relaxed);
        // If a batch is announced but late, do not send small batches because of that.
        if self.batches.is_empty() && !self.more {
            self.intake.publishing.output.idle();
        }
    }

    fn control(&mut self, control: Control) {
        match control {
            Control::Drain { assignments, done } => {
                self.intake.abandon(&assignments);
                for index in assignments {
                    self.intake.assigned.forget(index);
                }
                // The requester may have stopped waiting.
                _ = done.send(());
            }
        }
    }

    /// Handles the result of sending a record of a blocked key again.
    fn judge(&mut self, attempt: Attempt) {
        let publishing = &mut self.intake.publishing;
        match publishing.output.repair.judge(attempt) {
            Verdict::Again => {}
            Verdict::Delivered(token) => publishing.core.acks.delivered(token),
            Verdict::Refused(refused) => {
                let (stored, undelivered) = *refused;
                self.refusals.begin(publishing, stored, undelivered);
            }
        }
    }

    fn is_idle(&self) -> bool {
        let publishing = &self.intake.publishing;
        let output = &publishing.output;
        self.intake.jobs.is_empty()
            && publishing.incoming.is_empty()
            && output.repair.is_empty()
            && self.refusals.is_empty()
            && !output.is_full()
    }
}

#[cfg(test)]
#[path = "dead_letter_tests.rs"]
mod dead_letter_tests;
#[cfg(test)]
#[path = "running_tests.rs"]
mod tests;
