//! How generated code calls a function of the user.

use std::{
    future::Future,
    panic,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::{Context, FromContext, HandlerError, Invocation, Outcome};

/// Extracts one argument from the message.
///
/// # Errors
///
/// Returns the error of the extractor.
#[inline]
pub fn extract<T: FromContext>(context: &Context<'_>) -> Result<T, HandlerError> {
    T::extract(context)
}

/// A handler that is an `async fn`, ready to be polled.
///
/// # Errors
///
/// Never fails; generated code returns it next to extractors that can.
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
///
/// # Errors
///
/// Never fails, like [`invocation`].
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
