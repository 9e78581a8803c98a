//! `permanent = path`: a handler that says which of its errors no further attempt can mend.

use super::{HandlerError, IntoEvents, IntoHandlerError, Outcome, outcome::events};

/// What a handler returns that has an error to judge: a `Result`.
///
/// There is nothing to implement; it exists for its compiler message.
#[diagnostic::on_unimplemented(
    message = "`permanent` requires a handler that returns a `Result`, found `{Self}`",
    label = "not a `Result`",
    note = "return `Result<{Self}, E>`, or remove `permanent` from the attribute"
)]
pub trait Fallible {
    /// The good part.
    type Events;
    /// The bad part.
    type Error;

    /// The parts.
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

/// `outcome` for a handler that says itself which of its errors no further attempt can mend.
///
/// # Errors
///
/// The handler's own, or a permanent one for an event that cannot be encoded.
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
