//! One attempt: calls and polls a handler. Whatever goes wrong is an error of the attempt.

use std::{
    cell::OnceCell,
    panic::{AssertUnwindSafe, catch_unwind},
    task::{Context as TaskContext, Poll},
};

use super::{AttemptContext, AttemptError, Delivery};
use crate::{
    acks::BoundGuard,
    dead_letter::Reason,
    handler::{Context, Events, Failure, HandlerFuture, Outcome},
    message::{Record, envelope::Envelope},
    publisher::LazyPublisher,
    registry::Handler,
};

/// Calls a handler: extraction and decoding happen here, the rest in the future. A panic is a failed attempt.
pub(crate) fn call<R: Record>(
    context: &AttemptContext,
    handler: &'static Handler,
    envelope: &Envelope<'_>,
    at: Delivery<'_, R>,
    bound: &mut Option<BoundGuard>,
) -> Result<HandlerFuture, AttemptError> {
    let publisher = LazyPublisher::new(&context.publisher, at.assignment.index(), at.slot, bound.as_ref());
    let call = Context {
        envelope,
        origin: at.origin(),
        record: at.record,
        attempt: at.attempt,
        states: &context.states,
        provider: &publisher,
        details: OnceCell::new(),
    };
    // User code runs inside `catch_unwind`: the handler, and the `Display` of its errors.
    let called = catch_unwind(AssertUnwindSafe(|| {
        (handler.invoke)(&call).map_err(|failure| match failure {
            Failure::Decode(error) => AttemptError::permanent(Reason::UndecodablePayload, error.to_string()),
            Failure::Extract(error) => AttemptError::of(context, &error),
        })
    }));
    *bound = bound.take().or_else(|| publisher.into_guard());
    called.unwrap_or_else(|panic| Err(AttemptError::panic(panic.as_ref())))
}

/// Polls a handler. A panic is a failed attempt.
pub(crate) fn poll(
    context: &AttemptContext,
    handler: &'static Handler,
    future: &mut HandlerFuture,
    task: &mut TaskContext<'_>,
) -> Poll<Result<Events, AttemptError>> {
    let began = context.costs.enter(handler).then(|| context.shared.clock.instant());
    let polled = catch_unwind(AssertUnwindSafe(|| {
        future.as_mut().poll(task).map(|outcome: Outcome| outcome.map_err(|error| AttemptError::of(context, &error)))
    }));
    match polled {
        Ok(polled) => {
            context.costs.leave();
            if let Some(began) = began {
                context.costs.add(handler, context.shared.clock.instant().duration_since(began));
            }
            polled
        }
        Err(panic) => {
            context.costs.panicked(handler);
            Poll::Ready(Err(AttemptError::panic(panic.as_ref())))
        }
    }
}
