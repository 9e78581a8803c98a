//! Drives a parked command to its end: attempts, backoff, timeouts.
//!
//! Written by hand, because the future of an `async fn` has no name and would need its own box, and there are as many
//! of these as handlers are running.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context as TaskContext, Poll, ready},
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{
    AttemptContext, AttemptError, call,
    job::FIRST,
    job::{Done, Job, JobResult, NextStep, Started, WaitingCommand},
    offload, poll,
    retry::{Decision, decide},
};
use crate::{
    acks::BoundGuard,
    handler::{Events, HandlerFuture},
    message::{Record as _, envelope::Envelope},
    registry::Handler,
};

/// Completes when the command has ended.
pub(crate) struct InFlight {
    context: Arc<AttemptContext>,
    /// `None` once it has ended.
    job: Option<Job>,
    began: Timestamp,
    stage: Stage,
}

enum Stage {
    Handling(Handling),
    /// Until its next attempt.
    Pausing(Pause),
    Over(Option<JobResult>),
}

impl InFlight {
    pub(crate) fn new(context: &Arc<AttemptContext>, waiting: WaitingCommand, started: Started) -> Self {
        let Started { identity, handler, next, bound } = started;
        let job = Job { waiting, identity, handler, attempt: FIRST, bound };
        let began = context.shared.clock.timestamp();
        let stage = Stage::of(context, &job, began, next);
        Self { context: Arc::clone(context), job: Some(job), began, stage }
    }
}

impl Future for InFlight {
    type Output = Done;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Done> {
        let Self { context, job: current, began, stage } = self.get_mut();
        let Some(job) = current else { return Poll::Pending };
        loop {
            *stage = match stage {
                Stage::Handling(handling) => match ready!(handling.poll(context, job.handler, task)) {
                    Ok(events) => Stage::Over(Some(JobResult::Events(events))),
                    Err(error) => Stage::failed(context, job, *began, error),
                },
                Stage::Pausing(pause) => {
                    ready!(pause.sleep.as_mut().poll(task));
                    Stage::resumed(context, job, *began)
                }
                Stage::Over(result) => {
                    let done = current.take().zip(result.take()).map(|(job, result)| Done { job, result });
                    return done.map_or(Poll::Pending, Poll::Ready);
                }
            };
        }
    }
}

impl Stage {
    fn of(context: &Arc<AttemptContext>, job: &Job, began: Timestamp, next: NextStep) -> Self {
        match next {
            NextStep::Finish(future) => Self::Handling(Handling::new(context, job.handler, future)),
            NextStep::Failed(error) => Self::failed(context, job, began, error),
        }
    }

    fn failed(context: &Arc<AttemptContext>, job: &Job, began: Timestamp, error: AttemptError) -> Self {
        // If the clock was set back, no time has passed.
        let elapsed = Duration::try_from(context.shared.clock.timestamp().duration_since(began)).unwrap_or_default();
        let policy = context.retry_policy(job.handler);
        let decision = decide(&policy, error.class, job.attempt, elapsed, context.shared.clock.random());
        let Decision::After(wait) = decision else { return Self::Over(Some(JobResult::Failed(error))) };
        log_retry(job, wait, &error);
        job.waiting.assignment.pause(job.waiting.slot);
        Self::Pausing(Pause::new(context, wait))
    }

    /// After the backoff: starts the next attempt, if there may be one.
    fn resumed(context: &Arc<AttemptContext>, job: &mut Job, began: Timestamp) -> Self {
        if !job.waiting.assignment.resume(job.waiting.slot) {
            return Self::Over(Some(JobResult::Abandoned));
        }
        job.attempt += 1;
        context.shared.counters.retries.fetch_add(1, Ordering::Relaxed);
        let next = again(context, job);
        Self::of(context, job, began, next)
    }
}

/// The time until the next attempt; the command is counted as waiting for it.
struct Pause {
    sleep: BoxFuture<'static, ()>,
    context: Arc<AttemptContext>,
}

impl Pause {
    fn new(context: &Arc<AttemptContext>, wait: Duration) -> Self {
        context.shared.counters.waiting_for_retry.fetch_add(1, Ordering::Relaxed);
        Self { sleep: context.shared.clock.sleep(wait), context: Arc::clone(context) }
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        self.context.shared.counters.waiting_for_retry.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A running handler with its timeout. One that blocks cannot be cancelled: its timeout is only reported, and its key
/// stays busy until it returns, so that no second call runs at the same time.
struct Handling {
    future: HandlerFuture,
    limit: Duration,
    /// `None` once it was reported.
    timeout: Option<BoxFuture<'static, ()>>,
}

impl Handling {
    fn new(context: &AttemptContext, handler: &'static Handler, future: HandlerFuture) -> Self {
        let limit = handler.timeout.unwrap_or(context.settings.handler_timeout);
        Self { future, limit, timeout: Some(context.shared.clock.sleep(limit)) }
    }

    fn poll(
        &mut self,
        context: &AttemptContext,
        handler: &'static Handler,
        task: &mut TaskContext<'_>,
    ) -> Poll<Result<Events, AttemptError>> {
        // The handler is polled first: one that is ready at its deadline is in time.
        if let Poll::Ready(result) = poll(context, handler, &mut self.future, task) {
            return Poll::Ready(result);
        }
        let Some(timeout) = &mut self.timeout else { return Poll::Pending };
        ready!(timeout.as_mut().poll(task));
        if !handler.blocking {
            return Poll::Ready(Err(AttemptError::timeout(self.limit)));
        }
        tracing::warn!(
            handler = %handler.location(),
            timeout = ?self.limit,
            "blocking handler exceeded its timeout and is still running; later records of its key wait until it returns"
        );
        self.timeout = None;
        Poll::Pending
    }
}

/// Starts the next attempt from the stored record.
fn again(context: &Arc<AttemptContext>, job: &mut Job) -> NextStep {
    let mut bound = job.bound.take();
    let next = call_again(context, job, &mut bound);
    job.bound = bound;
    next
}

fn call_again(context: &Arc<AttemptContext>, job: &Job, bound: &mut Option<BoundGuard>) -> NextStep {
    let envelope = match Envelope::decode(job.waiting.record.value()) {
        Ok(envelope) => envelope,
        // It decoded for its first attempt, and the bytes are the same.
        Err(error) => return NextStep::Failed(AttemptError::envelope(&error)),
    };
    match call(context, job.handler, &envelope, job.delivery(), bound) {
        Ok(future) => NextStep::Finish(offload(context, job.handler, future)),
        Err(error) => NextStep::Failed(error),
    }
}

fn log_retry(job: &Job, wait: Duration, error: &AttemptError) {
    let delivery = job.delivery();
    let origin = delivery.origin();
    tracing::warn!(
        handler = %job.handler.location(),
        topic = origin.topic,
        partition = origin.partition,
        offset = origin.offset,
        attempt = job.attempt,
        backoff = ?wait,
        error = %error.message,
        "attempt failed; retrying"
    );
}
