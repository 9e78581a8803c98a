//! `permanent = path`: a function that decides which errors of a handler are permanent.

use super::events;
use crate::handler::{HandlerError, IntoEvents, IntoHandlerError, Outcome};

/// A return type with an error that `permanent` can classify: a `Result`.
///
/// You never implement it; it exists for its compiler error.
#[diagnostic::on_unimplemented(
    message = "`permanent` requires a handler that returns a `Result`, found `{Self}`",
    label = "not a `Result`",
    note = "return `Result<{Self}, E>`, or remove `permanent` from the attribute"
)]
pub trait Fallible {
    /// The type of the `Ok` value.
    type Events;
    /// The type of the `Err` value.
    type Error;

    /// Splits the value into both parts.
    #[doc(hidden)]
    fn into_result(self) -> Result<Self::Events, Self::Error>;
}

#[diagnostic::do_not_recommend]
impl<T, E> Fallible for Result<T, E> {
    type Events = T;
    type Error = E;

    fn into_result(self) -> Self {
        self
    }
}

/// `outcome` for a handler whose attribute decides which errors are permanent.
///
/// # Errors
///
/// Returns the error of the handler, or a permanent error for an event that cannot be encoded.
#[inline]
pub fn outcome_with<R>(returned: R, is_permanent: impl FnOnce(&R::Error) -> bool) -> Outcome
where
    R: Fallible,
    R::Events: IntoEvents,
    R::Error: IntoHandlerError,
{
    events(returned.into_result().map_err(|error| {
        let is_permanent = is_permanent(&error);
        let error = error.into_handler_error();
        if is_permanent { HandlerError::permanent(error) } else { error }
    }))
}
