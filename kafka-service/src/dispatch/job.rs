//! A command that could not be finished in place: it waits for its handler, or for its next attempt.

use std::{future::poll_fn, sync::Arc, time::Duration};

use futures_util::future::{Either, select};

use super::{
    Core,
    assigned::Known,
    attempt::{AttemptError, call, poll},
    lanes::LaneId,
    outcome::Ended,
    pool,
};
use crate::{
    commit::Assignment,
    envelope::{Envelope, Identity, StoredIdentity},
    handler::{Events, HandlerFuture},
    message::{Origin, Record, StoredRecord},
    publish::BoundGuard,
    registry::{Handler, RouteId},
    retry::{Decision, decide, policy},
};

/// The number of the first attempt.
pub(super) const FIRST: u32 = 1;

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

/// Where a parked command stands.
pub(crate) enum Next {
    /// Its handler has been started.
    Finish(HandlerFuture),
    /// The attempt that just ended has failed.
    Failed(AttemptError),
}

/// A command that is not finished after its first look.
pub(super) struct Started {
    identity: StoredIdentity,
    handler: &'static Handler,
    pub(super) next: Next,
    bound: Option<BoundGuard>,
}

impl Started {
    pub(super) fn new(
        handler: &'static Handler,
        envelope: &Envelope<'_>,
        next: Next,
        bound: Option<BoundGuard>,
    ) -> Self {
        Self { identity: Identity::from(envelope).store(), handler, next, bound }
    }
}

/// A parked command.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) waiting: Waiting,
    pub(crate) identity: StoredIdentity,
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
    let Started { identity, handler, mut next, bound } = started;
    let mut job = Job { waiting, identity, handler, attempts: FIRST, bound };
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
        // It decoded for its first attempt, and bytes do not change.
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
