//! [`MessageContext`]: what a closure handler takes besides its payload.

use std::any::type_name;

use super::Publisher;
use crate::handler::{Context, FromContext, HandlerError, Meta, Needs, NeverPayload, States};

/// What handlers often need besides the payload, for handlers that are closures: see
/// [`KafkaService::on_command`](crate::KafkaService::on_command).
///
/// It is an extractor too. In a handler with an attribute, prefer individual extractors: the states that such a handler
/// needs are checked at startup, while states requested from a `MessageContext` are not known before the first message.
#[derive(Clone, Debug)]
pub struct MessageContext {
    meta: Meta,
    publisher: Publisher,
    states: States,
}

impl MessageContext {
    /// Returns where the message is in Kafka, who sent it, and the number of the attempt.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Returns the correlation id of the message. What the handler publishes has the same one.
    #[must_use]
    pub fn correlation_id(&self) -> &str {
        self.meta.details().correlation_id()
    }

    /// Returns the publisher, bound to the message like the extractor [`Publisher`].
    #[must_use]
    pub fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    /// Returns a clone of the value of this type that was provided with `.state(value)`.
    ///
    /// # Errors
    ///
    /// Returns a permanent error if no such value was provided, because a retry cannot succeed.
    pub fn state<S: Clone + Send + Sync + 'static>(&self) -> Result<S, HandlerError> {
        let missing = || format!("state `{}` was never provided: add `.state(value)`", type_name::<S>());
        self.states.get().ok_or_else(|| HandlerError::permanent(missing()))
    }
}

impl NeverPayload for MessageContext {}

impl FromContext for MessageContext {
    type Needs = Self;

    const AN_EXTRACTOR_NEEDS_ITSELF: () = ();

    fn from_context(needs: Self) -> Result<Self, HandlerError> {
        Ok(needs)
    }

    fn extract(context: &Context<'_>) -> Result<Self, HandlerError> {
        let (meta, publisher) = FromContext::extract(context)?;
        Ok(Self { meta, publisher, states: context.states.clone() })
    }

    fn needs(_: &mut Needs) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publisher::testing::with_message;

    #[test]
    fn a_message_context_has_what_the_extractors_have() {
        let mut states = States::default();
        states.insert(7_u8);
        let context = with_message("{}", &states, MessageContext::extract).unwrap();
        assert_eq!((context.meta().topic(), context.meta().offset()), ("commands", 42));
        assert_eq!(context.correlation_id(), "c-1");
        assert_eq!(context.state::<u8>().unwrap(), 7);
        assert!(format!("{:?}", context.publisher()).contains("c-1"), "bound to the message");
    }

    #[test]
    fn a_missing_state_is_a_permanent_error_with_its_type() {
        let context = with_message("{}", &States::default(), MessageContext::extract).unwrap();
        let error = context.state::<u8>().unwrap_err();
        assert!(error.is_permanent());
        assert_eq!(error.to_string(), "state `u8` was never provided: add `.state(value)`");
    }
}
