//! One attempt: calls and polls a handler. Whatever goes wrong is an error of the attempt.

use std::{
    any::Any,
    cell::OnceCell,
    panic::{AssertUnwindSafe, catch_unwind},
    task::{Context as TaskContext, Poll},
    time::Duration,
};

use super::{Core, job::origin, outcome::Ended};
use crate::{
    dead_letter::Reason,
    envelope::{Envelope, EnvelopeError},
    handler::{Context, ErrorClass, Events, Failure, HandlerError, HandlerFuture, Outcome},
    message::Record,
    publish::{BoundGuard, LazyPublisher},
    registry::Handler,
};

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

    /// An error that no retry can resolve.
    pub(super) fn permanent(reason: Reason, message: String) -> Self {
        Self { reason, class: ErrorClass::Permanent, message }
    }

    pub(super) fn envelope(error: &EnvelopeError) -> Self {
        Self::permanent(Reason::InvalidEnvelope, error.to_string())
    }

    pub(crate) fn panic(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self {
            reason: Reason::Panic,
            class: ErrorClass::Retryable,
            message: format!("handler panicked: {}", text.unwrap_or("(payload is not a string)")),
        }
    }

    pub(super) fn timeout(limit: Duration) -> Self {
        Self {
            reason: Reason::Timeout,
            class: ErrorClass::Retryable,
            message: format!("handler timed out after {limit:?}"),
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
        details: OnceCell::new(),
    };
    // User code runs inside `catch_unwind`: the handler, and the `Display` of its errors.
    let called = catch_unwind(AssertUnwindSafe(|| {
        (handler.invoke)(&context).map_err(|failure| match failure {
            Failure::Decode(error) => AttemptError::permanent(Reason::UndecodablePayload, error.to_string()),
            Failure::Extract(error) => AttemptError::of(core, &error),
        })
    }));
    *bound = bound.take().or_else(|| publisher.into_guard());
    called.unwrap_or_else(|panic| Err(AttemptError::panic(panic.as_ref())))
}

/// Polls a handler. A panic is a failed attempt.
pub(super) fn poll(
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
