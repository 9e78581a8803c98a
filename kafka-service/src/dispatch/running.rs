//! The dispatcher's loop.

use std::{future::poll_fn, sync::Arc, task::Poll, time::Duration};

use futures_util::{
    StreamExt as _,
    future::{BoxFuture, FutureExt as _},
    stream::FuturesUnordered,
};
use tokio::sync::mpsc;

use super::{Batch, Control, Core, Counters, intake::Intake};
use crate::{
    commit::Token,
    message::Record,
    transport::{Cause, Undelivered},
};

/// Takes batches and drives parked commands until the batches end.
pub(crate) struct Dispatcher<R> {
    intake: Intake,
    batches: mpsc::Receiver<Batch<R>>,
    control: mpsc::UnboundedReceiver<Control>,
    undelivered: mpsc::UnboundedReceiver<(Token, Undelivered)>,
    /// Records that the broker did not take, each waiting for its next try.
    resend: FuturesUnordered<BoxFuture<'static, (Token, Undelivered)>>,
}

/// How long a record that the broker does not take waits before it is sent again.
const RESEND_AFTER: Duration = Duration::from_secs(1);

impl<R: Record> Dispatcher<R> {
    pub(crate) fn new(
        core: Arc<Core>,
        batches: mpsc::Receiver<Batch<R>>,
        control: mpsc::UnboundedReceiver<Control>,
        undelivered: mpsc::UnboundedReceiver<(Token, Undelivered)>,
    ) -> Self {
        Self { intake: Intake::new(core), batches, control, undelivered, resend: FuturesUnordered::new() }
    }

    /// Runs until the sender of the batches is gone and everything that was started has ended.
    pub(crate) async fn run(mut self) {
        let core = Arc::clone(&self.intake.core);
        let mut more = true;
        while more || !self.intake.jobs.is_empty() || !self.resend.is_empty() {
            // Control first, so that a revoke never waits behind work. Ends before beginnings, so that memory is bounded.
            tokio::select! { biased;
                Some(control) = self.control.recv() => self.control(control),
                Some(done) = self.intake.jobs.next(), if !self.intake.jobs.is_empty() => {
                    let mut done = Some(done);
                    poll_fn(|context| {
                        if let Some(done) = done.take() {
                            self.intake.done(done, context);
                        }
                        Poll::Ready(())
                    })
                    .await;
                }
                Some((token, undelivered)) = self.undelivered.recv() => self.undelivered(token, undelivered),
                Some((token, undelivered)) = self.resend.next(), if !self.resend.is_empty() => {
                    self.send_again(token, &undelivered);
                }
                () = core.acks.room(), if self.intake.publishing.output.is_full() => self.intake.publishing.drain(),
                batch = self.batches.recv(), if more && self.intake.has_room() => match batch {
                    Some(batch) => self.batch(batch).await,
                    None => more = false,
                },
            }
            self.rest();
        }
        for (kind, count) in self.intake.unknown.summary() {
            tracing::info!(kind, count, "commands without a handler were skipped");
        }
    }

    /// Handles a whole batch without giving the thread away, then lets others have it.
    async fn batch(&mut self, batch: Batch<R>) {
        Counters::add(&self.intake.core.counters.received, batch.entries.len() as u64);
        let mut batch = Some(batch);
        // The batch goes when its last record is handled, before anything is awaited.
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

    /// Between two steps: show where things stand, and let the producer send what lingers if nothing more comes.
    fn rest(&mut self) {
        let counters = &self.intake.core.counters;
        let in_flight = self.intake.jobs.len() + self.intake.ready.len();
        counters.in_flight.store(in_flight as u64, std::sync::atomic::Ordering::Relaxed);
        if self.batches.is_empty() {
            self.intake.publishing.output.idle();
        }
    }

    fn control(&mut self, control: Control) {
        match control {
            Control::Drain { assignments, done } => {
                self.intake.abandon(&assignments);
                for index in assignments {
                    self.intake.forget_assignment(index);
                }
                // Whoever asked may have stopped waiting.
                _ = done.send(());
            }
        }
    }

    /// The broker did not take a command's event or dead letter. The position stays open, and the record is sent again
    /// until the broker takes it or the partition is given back.
    fn undelivered(&mut self, token: Token, undelivered: Undelivered) {
        if undelivered.cause == Cause::Producer {
            self.intake.core.fatal.report(format!("the producer has failed: {}", undelivered.error));
            return;
        }
        tracing::error!(
            error = undelivered.error,
            again_in = ?RESEND_AFTER,
            "the broker did not take an event or a dead letter; its command stays uncommitted and it is sent again"
        );
        let pause = self.intake.core.clock.sleep(RESEND_AFTER);
        self.resend.push(pause.map(move |()| (token, undelivered)).boxed());
        self.show_undelivered();
    }

    fn send_again(&mut self, token: Token, undelivered: &Undelivered) {
        let acks = &self.intake.core.acks;
        let owned = acks
            .position(token)
            .and_then(|(assignment, _)| acks.assignments.get(assignment))
            .is_some_and(|assignment| assignment.is_owned());
        if owned && let Err(error) = self.intake.publishing.output.send(&undelivered.as_record(), token) {
            self.intake.publishing.fail(&error);
        }
        self.show_undelivered();
    }

    fn show_undelivered(&self) {
        let count = self.resend.len() as u64;
        self.intake.core.counters.undelivered.store(count, std::sync::atomic::Ordering::Relaxed);
    }
}
