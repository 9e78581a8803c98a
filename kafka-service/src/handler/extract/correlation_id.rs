//! [`CorrelationId`]: what a message and its answers have in common.

use std::fmt;

use super::{FromContext, built_in};
use crate::handler::{Context, HandlerError, Needs};

/// The correlation id of the message. Events that the handler returns have the same one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CorrelationId(pub String);

impl CorrelationId {
    /// Returns the id as a string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromContext for CorrelationId {
    built_in!();

    fn extract(context: &Context<'_>) -> Result<Self, HandlerError> {
        Ok(Self(context.envelope.correlation_id.clone().into_owned()))
    }

    fn needs(_: &mut Needs) {}
}
