//! CPU-heavy handlers, on the runtime's worker threads.

use std::{
    future::Future,
    panic::resume_unwind,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::task::JoinHandle;

use super::AttemptContext;
use crate::{
    handler::{HandlerFuture, Outcome},
    registry::Handler,
};

/// Moves a handler that has been called to the runtime's worker threads, if it is CPU-heavy.
pub(crate) fn offload(
    context: &Arc<AttemptContext>,
    handler: &'static Handler,
    future: HandlerFuture,
) -> HandlerFuture {
    if !context.costs.is_heavy(handler) {
        return future;
    }
    Box::pin(Offloaded(tokio::spawn(Measured { context: Arc::clone(context), handler, future })))
}

/// Measures every poll, so that a handler that has become fast is polled inline again.
struct Measured {
    context: Arc<AttemptContext>,
    handler: &'static Handler,
    future: HandlerFuture,
}

impl Future for Measured {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Outcome> {
        let began = self.context.shared.clock.instant();
        let polled = self.future.as_mut().poll(task);
        self.context.costs.add(self.handler, self.context.shared.clock.instant().duration_since(began));
        polled
    }
}

/// The moved handler as the dispatcher sees it: as if it ran inline. Dropping it cancels the handler.
struct Offloaded(JoinHandle<Outcome>);

impl Future for Offloaded {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Outcome> {
        match ready!(Pin::new(&mut self.0).poll(task)) {
            Ok(outcome) => Poll::Ready(outcome),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The runtime is shutting down, and the dispatcher with it.
                Err(_) => Poll::Pending,
            },
        }
    }
}

impl Drop for Offloaded {
    fn drop(&mut self) {
        self.0.abort();
    }
}
