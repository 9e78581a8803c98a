//! Batches of records to handlers, and their results to the output.
//!
//! One task on its own thread does everything: it takes a whole batch, decodes each envelope in place, finds the
//! handler, and polls it once inline. What is finished by then needs no task, no copy and no queue. What is not (a
//! pending handler, a busy key, a retry) is copied and parked. Because one task starts every handler and hands over
//! every event, the events of one key are sent in the order of their commands.

mod abandon;
mod assignments;
mod ignored_fields;
mod intake;
mod lanes;
mod unhandled;

use std::{
    future::{poll_fn, ready},
    sync::{Arc, atomic::Ordering},
    task::Poll,
};

use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use self::intake::Intake;
use super::{Batch, Control, Counters, Shared, attempt::AttemptContext, output::Output};
use crate::{
    config::{Config, OrderBy, UnknownCommands},
    message::Record,
    registry::Routes,
};

/// After this many finished handlers, everything else has its turn. Otherwise the first handlers to finish, and those
/// that follow them in their lanes, would keep others from starting, and fewer would run at once than the limit allows.
const ENDS_IN_A_ROW: u32 = 64;

/// The settings of the dispatcher.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DispatcherSettings {
    pub(crate) ordering: OrderBy,
    pub(crate) max_in_flight: usize,
    pub(crate) unknown_commands: UnknownCommands,
}

impl DispatcherSettings {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            ordering: config.ordering,
            max_in_flight: config.max_in_flight,
            unknown_commands: config.unknown_commands,
        }
    }
}

/// Takes batches and drives parked commands until the batches end.
pub(crate) struct Dispatcher<R> {
    intake: Intake,
    batches: mpsc::Receiver<Batch<R>>,
    control: mpsc::UnboundedReceiver<Control>,
    /// Whether the next batch follows soon.
    more: bool,
    ends_in_a_row: u32,
}

impl<R: Record> Dispatcher<R> {
    pub(crate) fn new(
        shared: Arc<Shared>,
        settings: DispatcherSettings,
        routes: Arc<Routes>,
        attempts: AttemptContext,
        output: Output,
        batches: mpsc::Receiver<Batch<R>>,
        control: mpsc::UnboundedReceiver<Control>,
    ) -> Self {
        let intake = Intake::new(shared, settings, routes, Arc::new(attempts), output);
        Self { intake, batches, control, more: false, ends_in_a_row: 0 }
    }

    /// Runs until the sender of the batches is gone and everything that was started has ended.
    pub(crate) async fn run(mut self) {
        let shared = Arc::clone(&self.intake.shared);
        let mut open = true;
        loop {
            // Undelivered records are handled before anything else is sent, so that nothing of their keys overtakes
            // them.
            self.intake.output.take_incoming();
            let room = self.intake.output.drain(&shared.acks.room);
            // Checked only now: what has just arrived may have been all that was left, and then nothing would wake this
            // task again.
            if !open && self.intake.jobs.is_empty() && self.intake.output.is_idle() {
                break;
            }
            // Control first, so that a revocation never waits behind work. Finished handlers before new ones, so that
            // memory is bounded, but only so many in a row.
            tokio::select! { biased;
                Some(control) = self.control.recv() => self.control(control),
                Some(done) = self.intake.jobs.next(),
                    if !self.intake.jobs.is_empty() && self.ends_in_a_row < ENDS_IN_A_ROW => {
                    let mut done = Some(done);
                    poll_fn(|task| {
                        if let Some(done) = done.take() {
                            self.intake.done(done, task);
                        }
                        Poll::Ready(())
                    })
                    .await;
                    self.ends_in_a_row += 1;
                }
                event = self.intake.output.next() => self.intake.output.on_event(event),
                // The next iteration sends.
                Some(()) = room => {}
                batch = self.batches.recv(), if open && self.intake.has_room() => match batch {
                    Some(batch) => self.batch(batch).await,
                    None => (open, self.more) = (false, false),
                },
                // All others have had their turn.
                () = ready(()), if self.ends_in_a_row >= ENDS_IN_A_ROW => self.ends_in_a_row = 0,
            }
            self.after_step();
        }
        self.intake.log_summary();
    }

    /// Handles a whole batch without yielding, then yields.
    async fn batch(&mut self, batch: Batch<R>) {
        Counters::add(&self.intake.shared.counters.received, batch.entries.len() as u64);
        (self.more, self.ends_in_a_row) = (batch.more, 0);
        let mut batch = Some(batch);
        // The batch is dropped when its last record is handled, before anything is awaited.
        poll_fn(|task| {
            if let Some(batch) = batch.take() {
                for entry in &batch.entries {
                    self.intake.take(entry, task);
                }
            }
            Poll::Ready(())
        })
        .await;
        tokio::task::yield_now().await;
    }

    /// Between two steps: updates the counters, and lets the producer send lingering records if nothing more follows.
    fn after_step(&mut self) {
        let counters = &self.intake.shared.counters;
        counters.in_flight.store(self.intake.in_flight() as u64, Ordering::Relaxed);
        counters.undelivered.store(self.intake.output.undelivered() as u64, Ordering::Relaxed);
        // If a batch is announced but late, do not send small batches because of that.
        if self.batches.is_empty() && !self.more {
            self.intake.output.flush_lingering();
        }
    }

    fn control(&mut self, control: Control) {
        match control {
            Control::Drain { assignments, done } => {
                self.intake.abandon(&assignments);
                // The requester may have stopped waiting.
                _ = done.send(());
            }
        }
    }
}

#[cfg(test)]
mod dead_letter_tests;
#[cfg(test)]
mod tests;
