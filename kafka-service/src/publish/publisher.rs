//! The handle with which programs publish events.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{Acks, Encoder, MessageIds, Place, PublishError, delivery::deliver, message_id::MessageIdText};
use crate::{
    config::MessageId,
    handler::{Context, Event},
    transport::{OutRecord, Producer, TopicId},
};

/// Publishes events to the events topic. Cheap to clone; works inside handlers and anywhere else.
///
/// Each method completes when the broker has acknowledged the event (all in-sync replicas). As an argument of a handler
/// the publisher is bound to the command: its events carry the command's correlation id and key, and ids that are the
/// same when the command is delivered again.
///
/// # Examples
///
/// ```no_run
/// # use kafka_service::{Event, KafkaService, Publisher};
/// # use serde::Serialize;
/// #[derive(Serialize, Event)]
/// #[event("report.created", key = name)]
/// struct ReportCreated { name: String }
///
/// # async fn example(publisher: Publisher) -> Result<(), kafka_service::PublishError> {
/// publisher.publish(&ReportCreated { name: "march".into() }).await?;
/// publisher.publish(&ReportCreated { name: "april".into() }).correlation_id("c-17").await?;
/// publisher.publish_event("report.archived", serde_json::json!({"name": "march"}), None).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Publisher {
    core: Arc<PublisherCore>,
    command: Option<Arc<Command>>,
}

/// What all clones share.
pub(crate) struct PublisherCore {
    /// `None` where Kafka is disabled.
    pub(crate) producer: Option<Arc<dyn Producer>>,
    pub(crate) acks: Arc<Acks>,
    pub(crate) events_topic: TopicId,
    pub(crate) group: String,
    pub(crate) source: String,
    pub(crate) message_id: MessageId,
}

impl PublisherCore {
    /// For a service without a broker: whatever is published is refused, and says why.
    pub(crate) fn disabled(group: &str, source: &str, message_id: MessageId) -> Self {
        let (acks, _) = Acks::new();
        Self {
            producer: None,
            acks: Arc::new(acks),
            events_topic: TopicId(0),
            group: group.to_owned(),
            source: source.to_owned(),
            message_id,
        }
    }
}

/// The command to which a publisher in a handler is bound.
struct Command {
    correlation_id: String,
    key: Option<Vec<u8>>,
    ids: Mutex<MessageIds>,
    published: AtomicU32,
}

static GLOBAL: OnceLock<Publisher> = OnceLock::new();

impl Publisher {
    pub(crate) fn new(core: PublisherCore) -> Self {
        Self { core: Arc::new(core), command: None }
    }

    /// The publisher of the service that was started first in this process, for code that has no handle to it.
    ///
    /// # Errors
    ///
    /// [`PublishError::NotStarted`] when no service has been started yet.
    pub fn global() -> Result<Self, PublishError> {
        GLOBAL.get().cloned().ok_or(PublishError::NotStarted)
    }

    /// Makes this the global publisher, unless another service was started before.
    pub(crate) fn offer_as_global(&self) {
        _ = GLOBAL.set(self.clone());
    }

    /// The publisher for the handler of one command.
    pub(crate) fn bound_to(&self, context: &Context<'_>) -> Self {
        let mut ids = MessageIds::default();
        ids.reset(&self.core.group, &context.envelope.kind, context.envelope, &context.origin);
        let command = Command {
            correlation_id: context.envelope.correlation_id.clone().into_owned(),
            key: context.origin.key.map(<[u8]>::to_vec),
            ids: Mutex::new(ids),
            published: AtomicU32::new(0),
        };
        Self { core: Arc::clone(&self.core), command: Some(Arc::new(command)) }
    }

    /// Publishes an event; await the result to wait for the broker's acknowledgement.
    ///
    /// The correlation id is the command's in a handler, else a new UUIDv7. The record's key is the event's own, else the
    /// command's, else the correlation id. The methods of [`Publication`] set others.
    ///
    /// # Errors
    ///
    /// Awaiting gives a [`PublishError`]; every variant says whether the event may have been written.
    pub fn publish<E: Event>(&self, event: &E) -> Publication {
        let event_type = event.event_type();
        let mut payload = Vec::with_capacity(256);
        let written = event.serialize_payload(&mut serde_json::Serializer::new(&mut payload));
        let payload = written
            .map(|()| payload)
            .map_err(|error| PublishError::Encode { event_type: event_type.to_owned(), reason: error.to_string() });
        let key = event.key().map(|key| key.to_string().into_bytes());
        self.publication(event_type, payload, key)
    }

    /// Publishes an event whose type and payload are known only at run time, as the Python guide's `publish_event` does.
    /// Without a correlation id it is the command's in a handler, else a new UUIDv7.
    ///
    /// # Errors
    ///
    /// As for [`publish`](Self::publish).
    pub fn publish_event(
        &self,
        event_type: &str,
        payload: impl Serialize,
        correlation_id: Option<&str>,
    ) -> Publication {
        let payload = serde_json::to_vec(&payload)
            .map_err(|error| PublishError::Encode { event_type: event_type.to_owned(), reason: error.to_string() });
        let publication = self.publication(event_type, payload, None);
        // Python's `None` and `''` both mean "make one".
        match correlation_id.filter(|id| !id.is_empty()) {
            Some(id) => publication.correlation_id(id),
            None => publication,
        }
    }

    fn publication(
        &self,
        event_type: &str,
        payload: Result<Vec<u8>, PublishError>,
        key: Option<Vec<u8>>,
    ) -> Publication {
        Publication {
            publisher: self.clone(),
            event_type: event_type.to_owned(),
            payload,
            correlation_id: None,
            key,
            headers: Vec::new(),
        }
    }

    fn next_id(&self) -> MessageIdText {
        match &self.command {
            Some(command) => {
                let place = Place::Published(command.published.fetch_add(1, Ordering::Relaxed));
                command.ids.lock().unwrap_or_else(PoisonError::into_inner).get(place)
            }
            None => MessageIdText::fresh(),
        }
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Publisher")
            .field("source", &self.core.source)
            .field("disabled", &self.core.producer.is_none())
            .field("correlation_id", &self.command.as_ref().map(|command| &command.correlation_id))
            .finish_non_exhaustive()
    }
}

/// An event on its way; await it. Made by [`Publisher::publish`] and [`Publisher::publish_event`].
#[must_use = "an event is published when the publication is awaited"]
#[derive(Debug)]
pub struct Publication {
    publisher: Publisher,
    event_type: String,
    payload: Result<Vec<u8>, PublishError>,
    correlation_id: Option<String>,
    key: Option<Vec<u8>>,
    headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Publication {
    /// Sets the correlation id.
    pub fn correlation_id(mut self, correlation_id: impl Into<String>) -> Self {
        self.correlation_id = Some(correlation_id.into());
        self
    }

    /// Sets the record's key.
    pub fn key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Adds a header. One header costs about a third of producing the whole record.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), Some(value.into())));
        self
    }

    async fn send(self) -> Result<(), PublishError> {
        let core = &self.publisher.core;
        let event_type = self.event_type.as_str();
        if event_type.trim().is_empty() {
            return Err(PublishError::EmptyType);
        }
        let Some(producer) = &core.producer else {
            tracing::warn!(event_type, "event not sent: Kafka is disabled");
            return Err(PublishError::Disabled { event_type: self.event_type });
        };
        let payload = self.payload?;
        let command = self.publisher.command.as_deref();
        let correlation_id = self
            .correlation_id
            .or_else(|| command.map(|command| command.correlation_id.clone()))
            .unwrap_or_else(|| Uuid::now_v7().to_string());
        let key = self.key.or_else(|| command.and_then(|command| command.key.clone()));
        let key = key.unwrap_or_else(|| correlation_id.clone().into_bytes());

        let mut encoder = Encoder::new(&core.source, core.message_id);
        let id = self.publisher.next_id();
        let encoded = encoder.encode(event_type, &correlation_id, &payload, id.as_str(), Timestamp::now());
        let mut headers = self.headers;
        headers.extend_from_slice(encoded.headers);
        let record =
            OutRecord { topic: core.events_topic, key: Some(&key), value: Some(encoded.value), headers: &headers };
        deliver(producer.as_ref(), &core.acks, event_type, &record).await
    }
}

impl IntoFuture for Publication {
    type Output = Result<(), PublishError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
