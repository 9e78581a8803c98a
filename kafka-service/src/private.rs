//! The only names that generated code uses. Not public API: they change without notice.

pub use inventory;
pub use serde::{Serialize, Serializer};

use std::{
    future::Future,
    panic,
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::handler::{FromContext, HandlerError, NamedEvent};
pub use crate::{
    handler::{
        Command, Context, Event, Events, Failure, HandlerFuture, Invocation, Outcome, Probe, Undescribed, decode, key,
        outcome, outcome_with, serialize_content,
    },
    registry::{Description, Handler, Invoke},
};

/// Extracts one argument from the message.
#[inline]
pub fn extract<T: FromContext>(context: &Context<'_>) -> Result<T, HandlerError> {
    T::extract(context)
}

/// A handler that takes its name and its topic from its payload type.
#[must_use]
pub const fn command_of<T: Command>(invoke: &'static Invoke) -> Handler {
    let handler = Handler::command(T::NAME, invoke);
    match T::TOPIC {
        Some(topic) => handler.topic(topic),
        None => handler,
    }
}

/// A handler of the event that its payload type names.
///
/// # Panics
///
/// Panics if the payload is an enum of several events: in a constant, so while the user's crate is compiled.
#[must_use]
#[track_caller]
pub const fn event_of<T: NamedEvent>(invoke: &'static Invoke) -> Handler {
    match T::TYPES {
        [event_type] => Handler::event(event_type, invoke),
        // What a derive emits when it has reported an error.
        [] => Handler::event("", invoke),
        #[expect(clippy::panic, reason = "a panic in a constant is a compiler error")]
        _ => panic!("the payload has several event types: name one, for example `#[event(\"order.created\")]`"),
    }
}

/// A handler that is an `async fn`, ready to be polled.
#[inline]
pub fn invocation<F: Future<Output = Outcome> + Send + 'static>(future: F) -> Invocation {
    Ok(Box::pin(future))
}

static BLOCKING_CALLS: AtomicUsize = AtomicUsize::new(0);

/// The number of plain `fn` handlers that are running. They cannot be cancelled.
pub(crate) fn blocking_calls() -> usize {
    BLOCKING_CALLS.load(Ordering::Relaxed)
}

/// Counts one call while it is alive, even if the call panics.
struct BlockingCall;

impl BlockingCall {
    fn begin() -> Self {
        BLOCKING_CALLS.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for BlockingCall {
    fn drop(&mut self) {
        BLOCKING_CALLS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A handler that is a plain `fn`: it runs on the pool for blocking work, so that a slow call delays nothing else.
pub fn blocking<F: FnOnce() -> Outcome + Send + 'static>(call: F) -> Invocation {
    invocation(async move {
        let span = tracing::Span::current();
        let call = move || {
            let _counted = BlockingCall::begin();
            span.in_scope(call)
        };
        match tokio::task::spawn_blocking(call).await {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                // The caller sees a handler that panicked, on whatever thread it ran.
                Ok(panic) => panic::resume_unwind(panic),
                Err(_) => Err(HandlerError::new("the runtime was shut down before the handler was called")),
            },
        }
    })
}
