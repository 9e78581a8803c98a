//! Why an attempt failed.

use std::{any::Any, time::Duration};

use super::AttemptContext;
use crate::{
    dead_letter::Reason,
    handler::{ErrorClass, HandlerError},
    message::envelope::EnvelopeError,
};

/// Why an attempt failed, in the terms in which it is reported and retried.
#[derive(Debug)]
pub(crate) struct AttemptError {
    pub(crate) reason: Reason,
    pub(crate) class: ErrorClass,
    pub(crate) message: String,
}

impl AttemptError {
    pub(super) fn of(context: &AttemptContext, error: &HandlerError) -> Self {
        let class = context.classifiers.class(error);
        let reason = if class == ErrorClass::Permanent { Reason::PermanentError } else { Reason::HandlerError };
        Self { reason, class, message: error.to_string() }
    }

    /// An error that no retry can resolve.
    pub(crate) fn permanent(reason: Reason, message: String) -> Self {
        Self { reason, class: ErrorClass::Permanent, message }
    }

    pub(crate) fn envelope(error: &EnvelopeError) -> Self {
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

    pub(crate) fn timeout(limit: Duration) -> Self {
        Self {
            reason: Reason::Timeout,
            class: ErrorClass::Retryable,
            message: format!("handler timed out after {limit:?}"),
        }
    }
}
