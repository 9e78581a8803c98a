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
    Core,
    attempt::{AttemptError, call, poll},
    job::{Done, FIRST, Job, JobResult, Next, Started, Waiting},
    outcome::Ended,
    pool,
};
use crate::{
    envelope::Envelope,
    handler::{Events, HandlerFuture},
    message::Record as _,
    publish::BoundGuard,
    registry::Handler,
    retry::{Decision, decide, policy},
};

/// Completes when the command has ended.
pub(super) struct Parked {
    core: Arc<Core>,
    /// `None` once it has ended.
    job: Option<Job>,
    began: Timestamp,
    state: State,
}

enum State {
    Handling(Handling),
    /// Until its next attempt.
    Pausing(Pause),
    Over(Option<JobResult>),
}

impl Parked {
    pub(super) fn new(core: &Arc<Core>, waiting: Waiting, started: Started) -> Self {
        let Started { identity, handler, next, bound } = started;
        let job = Job { waiting, identity, handler, attempts: FIRST, bound };
        let began = core.clock.timestamp();
        let state = State::of(core, &job, began, next);
        Self { core: Arc::clone(core), job: Some(job), began, state }
    }
}

impl Future for Parked {
    type Output = Done;

    fn poll(self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<Done> {
        let Self { core, job: place, began, state } = self.get_mut();
        let Some(job) = place else { return Poll::Pending };
        loop {
            *state = match state {
                State::Handling(handling) => match ready!(handling.poll(core, job.handler, context)) {
                    Ok(events) => State::Over(Some(JobResult::Events(events))),
                    Err(error) => State::failed(core, job, *began, error),
                },
                State::Pausing(wait) => {
                    ready!(wait.sleep.as_mut().poll(context));
                    State::resumed(core, job, *began)
                }
                State::Over(result) => {
                    let done = place.take().zip(result.take()).map(|(job, result)| Done { job, result });
                    return done.map_or(Poll::Pending, Poll::Ready);
                }
            };
        }
    }
}

impl State {
    fn of(core: &Arc<Core>, job: &Job, began: Timestamp, next: Next) -> Self {
        match next {
            Next::Finish(future) => Self::Handling(Handling::new(core, job.handler, future)),
            Next::Failed(error) => Self::failed(core, job, began, error),
        }
    }

    fn failed(core: &Arc<Core>, job: &Job, began: Timestamp, error: AttemptError) -> Self {
        // If the clock was set back, no time has passed.
        let elapsed = Duration::try_from(core.clock.timestamp().duration_since(began)).unwrap_or_default();
        let policy = policy(&core.settings.retry, &job.handler.retry);
        let decision = decide(&policy, error.class, job.attempts, elapsed, core.clock.random());
        let Decision::After(wait) = decision else { return Self::Over(Some(JobResult::Failed(error))) };
        log_retry(job, wait, &error);
        job.waiting.assignment.pause(job.waiting.slot);
        Self::Pausing(Pause::new(core, wait))
    }

    /// After the backoff: starts the next attempt, if there may be one.
    fn resumed(core: &Arc<Core>, job: &mut Job, began: Timestamp) -> Self {
        if !job.waiting.assignment.resume(job.waiting.slot) {
            return Self::Over(Some(JobResult::Abandoned));
        }
        job.attempts += 1;
        core.counters.retries.fetch_add(1, Ordering::Relaxed);
        let next = again(core, job);
        Self::of(core, job, began, next)
    }
}

/// The time until the next attempt; the command is counted as waiting for it.
struct Pause {
    sleep: BoxFuture<'static, ()>,
    core: Arc<Core>,
}

impl Pause {
    fn new(core: &Arc<Core>, wait: Duration) -> Self {
        core.counters.waiting_for_retry.fetch_add(1, Ordering::Relaxed);
        Self { sleep: core.clock.sleep(wait), core: Arc::clone(core) }
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        self.core.counters.waiting_for_retry.fetch_sub(1, Ordering::Relaxed);
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
    fn new(core: &Core, handler: &'static Handler, future: HandlerFuture) -> Self {
        let limit = handler.timeout.unwrap_or(core.settings.handler_timeout);
        Self { future, limit, timeout: Some(core.clock.sleep(limit)) }
    }

    fn poll(
        &mut self,
        core: &Core,
        handler: &'static Handler,
        context: &mut TaskContext<'_>,
    ) -> Poll<Result<Events, AttemptError>> {
        // The handler is polled first: one that is ready at its deadline is in time.
        if let Poll::Ready(result) = poll(core, handler, &mut self.future, context) {
            return Poll::Ready(result);
        }
        let Some(timeout) = &mut self.timeout else { return Poll::Pending };
        ready!(timeout.as_mut().poll(context));
        if !handler.blocking {
            return Poll::Ready(Err(AttemptError::timeout(self.limit)));
        }
        tracing::warn!(
            handler = %handler.place(),
            limit = ?self.limit,
            "blocking handler exceeded its timeout and is still running; its key is blocked"
        );
        self.timeout = None;
        Poll::Pending
    }
}

/// Starts the next attempt from the stored record.
fn again(core: &Arc<Core>, job: &mut Job) -> Next {
    let mut bound = job.bound.take();
    let next = call_again(core, job, &mut bound);
    job.bound = bound;
    next
}

fn call_again(core: &Arc<Core>, job: &Job, bound: &mut Option<BoundGuard>) -> Next {
    let Job { waiting, handler, attempts, .. } = job;
    let envelope = match Envelope::decode(waiting.record.value()) {
        Ok(envelope) => envelope,
        // It decoded for its first attempt, and the bytes are the same.
        Err(error) => return Next::Failed(AttemptError::envelope(&error)),
    };
    let at = Ended {
        record: &waiting.record,
        assignment: &waiting.assignment,
        slot: waiting.slot,
        attempts: *attempts,
        handler: Some(*handler),
        bound: None,
    };
    match call(core, handler, &envelope, at, bound) {
        Ok(future) => Next::Finish(pool::place(core, handler, future)),
        Err(error) => Next::Failed(error),
    }
}

fn log_retry(job: &Job, wait: Duration, error: &AttemptError) {
    let origin = job.waiting.origin();
    tracing::warn!(
        handler = %job.handler.place(),
        topic = origin.topic,
        partition = origin.partition,
        offset = origin.offset,
        attempt = job.attempts,
        ?wait,
        error = %error.message,
        "attempt failed; retrying"
    );
}
