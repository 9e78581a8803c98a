//! The order of arguments: one error for an extractor after the payload, instead of one for each of the two.

use super::{Context, CorrelationId, ExtraFields, FromContext, HandlerError, Headers, Meta, Probe, State};

/// The extractors of this crate. None of them can be a payload.
pub trait NeverPayload {}

impl NeverPayload for CorrelationId {}
impl NeverPayload for ExtraFields {}
impl NeverPayload for Headers {}
impl NeverPayload for Meta {}
impl<T> NeverPayload for State<T> {}

/// An argument `T` of a handler whose last argument `L` is an extractor: that is the error, whatever `T` is.
impl<T, L: NeverPayload> Probe<(T, L)> {
    /// Compiles, so that there is one error. The handler does not.
    ///
    /// # Errors
    ///
    /// Always fails.
    pub fn extract(_: &Context<'_>) -> Result<T, HandlerError> {
        Err(HandlerError::permanent("the last argument is not a payload"))
    }
}

/// An argument of a handler whose last argument only looks like an extractor: a type of the user with the same name.
pub trait BeforePayload {
    /// The argument.
    type Argument;

    /// Extracts it as usual.
    ///
    /// # Errors
    ///
    /// Returns the error of the extractor.
    fn extract(context: &Context<'_>) -> Result<Self::Argument, HandlerError>
    where
        Self::Argument: FromContext,
    {
        <Self::Argument as FromContext>::extract(context)
    }
}

impl<T, L> BeforePayload for Probe<(T, L)> {
    type Argument = T;
}
