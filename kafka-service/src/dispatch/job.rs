//! A command that could not be finished in place: it waits for its handler, or for its next attempt.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::{Context as TaskContext, Poll},
    time::Duration,
};

use futures_util::future::{Either, select};

use super::{Core, assigned::Known, lanes::LaneId, outcome::Ended, pool};
use crate::{
    commit::Assignment,
    dead_letter::Reason,
    envelope::{Envelope, EnvelopeError},
    handler::{Context, ErrorClass, Events, Failure, HandlerError, HandlerFuture, Outcome},
    message::{Origin, Record, StoredRecord},
    publish::{BoundGuard, LazyPublisher},
    registry::{Handler, RouteId},
    retry::{Decision, decide, policy},
};

/// A record that waits for its turn, with its place.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) record: StoredRecord,
    pub(crate) assignment: Arc<Assignment>,
    pub(crate) route: RouteId,
    pub(crate) slot: u64,
    pub(crate) lane: LaneId,
}

impl Waiting {
    pub(super) fn new(record: StoredRecord, known: &Known, slot: u64, lane: LaneId) -> Self {
        known.assignment.begin_waiting(record.size());
        Self { record, assignment: Arc::clone(&known.assignment), route: known.route, slot, lane }
    }

    pub(crate) fn origin(&self) -> Origin<'_> {
        origin(&self.record, &self.assignment)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.assignment.end_waiting(self.record.size());
    }
}

/// Where a record stands.
pub(crate) fn origin<'a>(record: &'a impl Record, assignment: &'a Assignment) -> Origin<'a> {
    Origin {
        topic: assignment.topic(),
        partition: assignment.partition(),
        offset: record.offset(),
        key: record.key(),
        timestamp: record.timestamp(),
    }
}

/// Why an attempt failed, in the terms in which it is reported and retried.
#[derive(Debug)]
pub(crate) struct AttemptError {
    pub(crate) reason: Reason,
    pub(crate) class: ErrorClass,
    pub(crate) message: String,
}

impl AttemptError {
    fn of(core: &Core, error: &HandlerError) -> Self {
        let class = core.classifiers.class(error);
        let reason = if class == ErrorClass::Permanent { Reason::PermanentError } else { Reason::HandlerError };
        Self { reason, class, message: error.to_string() }
    }

    pub(super) fn envelope(error: &EnvelopeError) -> Self {
        Self { reason: Reason::InvalidEnvelope, class: ErrorClass::Permanent, message: error.to_string() }
    }

    pub(crate) fn panic(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self {
            reason: Reason::Panic,
            class: ErrorClass::Retryable,
            message: format!("the handler panicked: {}", text.unwrap_or("(a value that is no text)")),
        }
    }

    fn timeout(limit: Duration) -> Self {
        Self {
            reason: Reason::Timeout,
            class: ErrorClass::Retryable,
            message: format!("the handler did not finish within its timeout of {limit:?}"),
        }
    }
}

/// Calls a handler: extraction and decoding happen here, the rest in the future. A panic is a failed attempt.
pub(super) fn call<R: Record>(
    core: &Core,
    handler: &'static Handler,
    envelope: &Envelope<'_>,
    at: Ended<'_, R>,
    bound: &mut Option<BoundGuard>,
) -> Result<HandlerFuture, AttemptError> {
    let publisher = LazyPublisher::new(&core.publisher, at.assignment.index(), at.slot, bound.as_ref());
    let context = Context {
        envelope,
        origin: origin(at.record, at.assignment),
        record: at.record,
        attempt: at.attempts,
        states: &core.states,
        publisher: &publisher,
    };
    // What is the user's stands inside: the function, and what his errors say of themselves.
    let called = catch_unwind(AssertUnwindSafe(|| {
        (handler.invoke)(&context).map_err(|failure| match failure {
            Failure::Decode(error) => AttemptError {
                reason: Reason::UndecodablePayload,
                class: ErrorClass::Permanent,
                message: error.to_string(),
            },
            Failure::Extract(error) => AttemptError::of(core, &error),
        })
    }));
    *bound = bound.take().or_else(|| publisher.into_guard());
    called.unwrap_or_else(|panic| Err(AttemptError::panic(panic.as_ref())))
}

/// Polls a handler; a panic is a failed attempt.
pub(crate) fn poll(
    core: &Core,
    handler: &'static Handler,
    future: &mut HandlerFuture,
    context: &mut TaskContext<'_>,
) -> Poll<Result<Events, AttemptError>> {
    let began = core.costs.enter(handler).then(|| core.clock.instant());
    let polled = poll_caught(core, future, context);
    core.costs.leave();
    if let Some(began) = began {
        core.costs.add(handler, core.clock.instant().duration_since(began));
    }
    polled
}

fn poll_caught(
    core: &Core,
    future: &mut HandlerFuture,
    context: &mut TaskContext<'_>,
) -> Poll<Result<Events, AttemptError>> {
    let polled = catch_unwind(AssertUnwindSafe(|| {
        future.as_mut().poll(context).map(|outcome: Outcome| outcome.map_err(|error| AttemptError::of(core, &error)))
    }));
    polled.unwrap_or_else(|panic| Poll::Ready(Err(AttemptError::panic(panic.as_ref()))))
}

/// Where a parked command stands.
pub(crate) enum Next {
    /// Its handler has been started.
    Finish(HandlerFuture),
    /// The attempt that just ended has failed.
    Failed(AttemptError),
}

/// A command that is not finished after its first look.
pub(super) struct Started {
    pub(super) handler: &'static Handler,
    pub(super) attempts: u32,
    pub(super) next: Next,
    pub(super) bound: Option<BoundGuard>,
}

/// A parked command.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) waiting: Waiting,
    pub(crate) handler: &'static Handler,
    pub(crate) attempts: u32,
    /// What it has published itself counts for its position.
    pub(crate) bound: Option<BoundGuard>,
}

/// What became of a parked command.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) job: Job,
    pub(crate) result: JobResult,
}

#[derive(Debug)]
pub(crate) enum JobResult {
    Events(Events),
    Failed(AttemptError),
    /// Its partition is being given back and its next attempt was not started: the new owner will handle it.
    Abandoned,
}

/// Runs a command to its end: attempts, waits between them, timeouts.
pub(super) async fn run(core: Arc<Core>, waiting: Waiting, started: Started) -> Done {
    let Started { handler, attempts, mut next, bound } = started;
    let mut job = Job { waiting, handler, attempts, bound };
    let began = core.clock.timestamp();
    loop {
        let error = match next {
            Next::Finish(future) => match finish(&core, handler, future).await {
                Ok(events) => return Done { job, result: JobResult::Events(events) },
                Err(error) => error,
            },
            Next::Failed(error) => error,
        };
        // A clock that was set back counts as no time.
        let elapsed = Duration::try_from(core.clock.timestamp().duration_since(began)).unwrap_or_default();
        let policy = policy(&core.settings.retry, &handler.retry);
        let decision = decide(&policy, error.class, job.attempts, elapsed, core.clock.random());
        let Decision::After(wait) = decision else {
            return Done { job, result: JobResult::Failed(error) };
        };
        log_retry(&job, wait, &error);
        job.waiting.assignment.pause(job.waiting.slot);
        core.clock.sleep(wait).await;
        if !job.waiting.assignment.resume(job.waiting.slot) {
            return Done { job, result: JobResult::Abandoned };
        }
        job.attempts += 1;
        core.counters.retries.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        next = again(&core, &mut job);
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
        // It decoded when it was received, and bytes do not change.
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

/// Waits for a started handler within its timeout. A blocking handler cannot be stopped: its timeout is only reported, and
/// its key stays busy until it returns, so that no second run stands beside the first.
async fn finish(core: &Core, handler: &'static Handler, mut future: HandlerFuture) -> Result<Events, AttemptError> {
    let limit = handler.timeout.unwrap_or(core.settings.handler_timeout);
    let finished = poll_fn(|context| poll(core, handler, &mut future, context));
    // The handler is polled first: one that is ready at its deadline has made it.
    match select(finished, core.clock.sleep(limit)).await {
        Either::Left((result, _)) => result,
        Either::Right(_) if !handler.blocking => Err(AttemptError::timeout(limit)),
        Either::Right(((), finished)) => {
            tracing::warn!(
                handler = %handler.place(),
                ?limit,
                "blocking handler is over its timeout and still running; its key waits"
            );
            finished.await
        }
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
        "attempt failed; trying again"
    );
}
