//! A message built by hand, to test what a handler takes besides its payload.

use std::{cell::OnceCell, fmt};

use serde_json::{Map, Value};

use super::Published;
use crate::{
    handler::{Context, FromContext, HandlerError, States},
    message::{Origin, Record as _, StoredRecord, envelope::Envelope},
    publisher::LazyPublisher,
};

/// Creates a message for a test, with the name of a command or the type of an event. Extract from it the arguments that
/// a test cannot construct directly, and your own extractors.
///
/// # Examples
///
/// ```
/// use kafka_service::{FromContext, HandlerError, Meta, State, testing};
///
/// #[derive(Clone)]
/// struct Tenants(Vec<String>);
///
/// struct Tenant(String);
///
/// impl FromContext for Tenant {
///     type Needs = (Meta, State<Tenants>);
///
///     fn from_context((meta, State(tenants)): Self::Needs) -> Result<Self, HandlerError> {
///         let tenant = tenants.0.into_iter().find(|tenant| meta.source() == Some(tenant.as_str()));
///         tenant.map(Self).ok_or_else(|| HandlerError::permanent("no tenant"))
///     }
/// }
///
/// let message = testing::message("create_user").state(Tenants(vec!["shop".to_owned()]));
/// assert!(message.clone().source("thief").extract::<Tenant>().is_err());
/// assert_eq!(message.source("shop").extract::<Tenant>().unwrap().0, "shop");
///
/// // A handler that takes `Meta` can be called with this.
/// let meta: Meta = testing::message("create_user").attempt(2).extract().unwrap();
/// assert_eq!((meta.topic(), meta.attempt()), ("test", 2));
/// ```
pub fn message(kind: impl Into<String>) -> Message {
    let envelope = [("type", kind.into()), ("correlation_id", "test".to_owned())];
    Message {
        envelope: envelope.into_iter().map(|(name, text)| (name.to_owned(), Value::String(text))).collect(),
        record: StoredRecord { value: None, key: None, offset: 0, timestamp: None, headers: Vec::new() },
        topic: "test".to_owned(),
        partition: 0,
        attempt: 1,
        states: States::default(),
        published: Published::default(),
    }
}

/// A message for a test, created by [`message`](message()).
///
/// The defaults are those of a minimal message: the correlation id `test`, offset 0 of partition 0 of the topic `test`,
/// the first attempt, no key and no source.
#[derive(Clone)]
#[must_use = "a message does nothing until something is extracted from it"]
pub struct Message {
    envelope: Map<String, Value>,
    record: StoredRecord,
    topic: String,
    partition: i32,
    attempt: u32,
    states: States,
    published: Published,
}

impl Message {
    /// Sets the correlation id, which the events of a handler share with the message.
    pub fn correlation_id(self, id: impl Into<String>) -> Self {
        self.field("correlation_id", id.into())
    }

    /// Sets the service that sent the message.
    pub fn source(self, source: impl Into<String>) -> Self {
        self.field("source", source.into())
    }

    /// Sets the id of the message.
    pub fn id(self, id: impl Into<String>) -> Self {
        self.field("id", id.into())
    }

    /// Sets a field of the message other than the payload.
    pub fn field(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.envelope.insert(name.into(), value.into());
        self
    }

    /// Sets the record key.
    pub fn key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.record.key = Some(key.into());
        self
    }

    /// Adds a header to the record. Another header of the same name is added after it.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.record.headers.push((name.into(), Some(value.into())));
        self
    }

    /// Sets the topic, the partition and the offset.
    pub fn position(mut self, topic: impl Into<String>, partition: i32, offset: i64) -> Self {
        (self.topic, self.partition, self.record.offset) = (topic.into(), partition, offset);
        self
    }

    /// Sets the number of the attempt: 1 for the first, 2 for the first retry, and so on.
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    /// Provides a state, as [`KafkaService::state`](crate::KafkaService::state) does.
    pub fn state<T: Clone + Send + Sync + 'static>(mut self, state: T) -> Self {
        self.states.insert(state);
        self
    }

    /// Returns the list of what the [publishers](crate::Publisher) that are extracted from this message, or from a clone of
    /// it, publish.
    #[must_use]
    pub fn published(&self) -> Published {
        self.published.clone()
    }

    pub(super) fn record_to(mut self, published: &Published) -> Self {
        self.published = published.clone();
        self
    }

    /// Extracts a value from the message. An extracted [`Publisher`](crate::Publisher) is not connected to Kafka: every
    /// publication succeeds and is recorded in [`published`](Self::published). To test a failure, use the publisher of a
    /// service that is started with [`Brokers::Disabled`](crate::config::Brokers::Disabled).
    ///
    /// # Errors
    ///
    /// Returns the error of the extractor, or an error if a state is not provided or the message is invalid, such as
    /// one with an empty type.
    pub fn extract<T: FromContext>(&self) -> Result<T, HandlerError> {
        let text = serde_json::to_vec(&self.envelope)?;
        let record = &StoredRecord { value: Some(text), ..self.record.clone() };
        let (publisher, command) = self.published.publisher();
        let publisher = &LazyPublisher::new(&publisher, 0, 0, Some(&command));
        let origin = Origin {
            topic: &self.topic,
            partition: self.partition,
            offset: record.offset(),
            key: record.key(),
            timestamp: record.timestamp(),
        };
        let envelope = &Envelope::decode(record.value())?;
        T::extract(&Context {
            envelope,
            origin,
            record,
            attempt: self.attempt,
            states: &self.states,
            provider: publisher,
            details: OnceCell::new(),
        })
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Message")
            .field("envelope", &self.envelope)
            .field("record", &self.record)
            .field("topic", &self.topic)
            .field("partition", &self.partition)
            .field("attempt", &self.attempt)
            .field("states", &self.states)
            .field("published", &self.published)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::{CorrelationId, ExtraFields, Headers, Meta, State};

    #[test]
    fn an_extractor_gets_the_values_of_the_test_message() {
        let message = message("create_user").correlation_id("c-1").source("shop").id("m-1").key("ada").attempt(3);
        let (meta, id): (Meta, CorrelationId) = message.position("users", 7, 42).extract().unwrap();
        assert_eq!((meta.topic(), meta.partition(), meta.offset()), ("users", 7, 42));
        assert_eq!((meta.key(), meta.attempt()), (Some(b"ada".as_slice()), 3));
        assert_eq!((meta.source(), meta.message_id(), id.as_str()), (Some("shop"), Some("m-1"), "c-1"));
    }

    #[test]
    fn a_test_message_has_headers_and_extra_fields() {
        let message = message("create_user").header("trace", "t-1").field("version", 2);
        assert_eq!(message.extract::<Headers>().unwrap().get_str("trace"), Some("t-1"));
        assert_eq!(message.extract::<ExtraFields>().unwrap().get("version"), Some(&2.into()));
    }

    #[test]
    fn a_missing_state_and_an_invalid_message_are_errors() {
        let error = message("create_user").extract::<State<u8>>().unwrap_err();
        assert!(error.to_string().contains("state `u8` was never provided"), "{error}");
        assert_eq!(message("").extract::<Meta>().unwrap_err().to_string(), "envelope field `type` is empty");
        assert_eq!(message("create_user").state(3_u8).extract::<State<u8>>().unwrap().0, 3);
    }
}
