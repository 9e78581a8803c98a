//! One event or command on its way: what can be said about it, and the two ways to send it.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use super::{
    Encoder, PublishError, Publisher, PublisherShared,
    backlog::{Detached, fire},
    delivery::{Subject, deliver, deliver_bound},
    message_id::MessageIdText,
};
use crate::{
    config::topic_flaw,
    message::Header,
    transport::{OwnedRecord, Stored, TopicId},
};

/// A pending publication of an event or command, created by [`Publisher::publish`], [`Publisher::send`] and their
/// untyped forms.
///
/// Await it to publish and to wait for the broker's acknowledgement, or [`detach`](Self::detach) it to publish without
/// waiting.
///
/// # Cancel safety
///
/// Nothing is published before the first poll. If the future is dropped after that, the event is published, unless no
/// broker was connected or the producer queue was full; in a handler it is always published, and its command waits for
/// it.
#[must_use = "nothing is published until the publication is awaited or detached"]
#[derive(Debug)]
pub struct Publication {
    publisher: Publisher,
    kind: String,
    destination: Destination,
    is_event: bool,
    payload: Result<Vec<u8>, PublishError>,
    correlation_id: Option<String>,
    key: Option<Vec<u8>>,
    headers: Vec<Header>,
    timeout: Option<Duration>,
}

/// A record with the id of its message.
struct Encoded {
    record: OwnedRecord,
    /// `None` if messages have no ids.
    id: Option<MessageIdText>,
}

/// Where it goes.
#[derive(Clone, Debug)]
pub(super) enum Destination {
    /// To the events topic.
    Events,
    /// To the first commands topic.
    Commands,
    Topic(String),
}

impl Publication {
    pub(super) fn new(
        publisher: &Publisher,
        kind: &str,
        destination: Destination,
        payload: Result<Vec<u8>, PublishError>,
        key: Option<Vec<u8>>,
    ) -> Self {
        Self {
            publisher: publisher.clone(),
            kind: kind.to_owned(),
            is_event: matches!(destination, Destination::Events),
            destination,
            payload,
            correlation_id: None,
            key,
            headers: Vec::new(),
            timeout: None,
        }
    }

    /// Sets the correlation id. If it is not set, or empty: in a handler, the correlation id is that of the command;
    /// otherwise a new UUIDv7.
    pub fn correlation_id(mut self, correlation_id: impl Into<String>) -> Self {
        self.correlation_id = Some(correlation_id.into()).filter(|id| !id.is_empty());
        self
    }

    /// Publishes to this topic, instead of the events topic or the command's own topic. Any topic is allowed, up to
    /// 1,000 per producer. A publication to a topic that does not exist fails after 20 seconds.
    pub fn to(mut self, topic: impl Into<String>) -> Self {
        self.destination = Destination::Topic(topic.into());
        self
    }

    /// Sets the record key.
    pub fn key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Adds a header. One header costs about a third of producing the whole record.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), Some(value.into())));
        self
    }

    /// Adds several headers.
    pub fn headers<N: Into<String>, V: Into<Vec<u8>>>(mut self, headers: impl IntoIterator<Item = (N, V)>) -> Self {
        self.headers.extend(headers.into_iter().map(|(name, value)| (name.into(), Some(value.into()))));
        self
    }

    /// Limits how long the publication may take, from its first poll. Outside handlers the default is 30 seconds
    /// (`KAFKA_PUBLISH_TIMEOUT`); in a handler there is none, because the timeout of the handler applies.
    ///
    /// While no broker is connected, or the producer queue is full, a publication outside a handler waits before it is
    /// handed to the Kafka client. If the timeout passes then, the error is [`PublishError::NotSent`]: it was not sent
    /// and never will be. After that it is [`PublishError::NotAcknowledged`]: it may still arrive, under the id in the
    /// error. A [detached](Self::detach) publication that still waits at its timeout is lost.
    ///
    /// In a handler the timeout ends only the wait of the caller, with [`PublishError::NotAcknowledged`]: the command is
    /// still finished only when the record is acknowledged.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use kafka_service::{PublishError, Publisher};
    ///
    /// /// For a handler of HTTP requests: the client should not wait for longer.
    /// async fn place_order(publisher: &Publisher, order: u64) -> Result<(), String> {
    ///     let placed = publisher.publish_event("order.placed", order).timeout(Duration::from_secs(2)).await;
    ///     placed.map_err(|error| match error.may_arrive() {
    ///         true => format!("unknown whether the order is placed, see message {:?}", error.id()),
    ///         false => format!("not placed, try again: {error}"),
    ///     })
    /// }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Publishes without waiting for the broker's acknowledgement, and without a result.
    ///
    /// In a handler nothing is lost: the command is finished only when the broker has acknowledged the event; a failed
    /// delivery is retried, as for returned events; and an event that can never be published (its payload cannot be
    /// serialized as JSON, or it is too large) dead-letters the command. The number of events that wait in memory is not
    /// limited, so a handler that publishes thousands of events should await them.
    ///
    /// Elsewhere, and in a task that outlives its handler, the event waits in memory, in order, while no broker is
    /// connected or the producer queue is full. It is lost if its [timeout](Self::timeout) passes meanwhile, if more
    /// than 32 MiB wait, if its delivery fails, or if the program ends first. Losses are counted: the log has a line for
    /// the first, the tenth, the hundredth and so on, and the total when the service stops.
    ///
    /// # Examples
    ///
    /// ```
    /// # use kafka_service::{Event, Publisher, command};
    /// # #[derive(serde::Deserialize)] struct Import { files: Vec<String> }
    /// #[derive(serde::Serialize, Event)]
    /// #[event("import.progressed")]
    /// struct Progressed { file: String }
    ///
    /// #[command("import")]
    /// async fn import(publisher: Publisher, import: Import) {
    ///     for file in import.files {
    ///         publisher.publish(&Progressed { file }).detach();
    ///     }
    /// }
    /// ```
    pub fn detach(self) {
        let (publisher, kind, timeout) = (self.publisher.clone(), self.kind.clone(), self.timeout);
        let shared = &publisher.shared;
        let record = match self.encode() {
            Ok(encoded) => encoded.record,
            Err(error) => {
                if !publisher.refuse(&error.to_string()) {
                    shared.acks.lost(&kind, "", &error.to_string());
                }
                return;
            }
        };
        // Without one, nothing could be encoded.
        let Some(producer) = shared.producer.as_deref() else { return };
        match publisher.begin() {
            Some(token) => {
                let topic = record.topic;
                if !shared.acks.publish(Stored { record, token }) {
                    shared.acks.lost(&kind, &producer.topic_name(topic), "the service was shut down");
                }
            }
            None => {
                let (timeout, since) = (timeout.unwrap_or(shared.publish_timeout), shared.clock.instant());
                fire(shared, producer, Detached { kind, record, timeout, since });
            }
        }
    }

    async fn send(self) -> Result<(), PublishError> {
        let (publisher, kind, timeout) = (self.publisher.clone(), self.kind.clone(), self.timeout);
        let Encoded { record, id } = self.encode()?;
        let shared = &*publisher.shared;
        let subject = Subject { producer: shared.producer(&kind)?, kind: &kind, topic: record.topic, id };
        match publisher.begin() {
            Some(token) => deliver_bound(subject, shared, token, |token| Stored { record, token }, timeout).await,
            // Boxed, so that a publication in a handler is not larger because of it.
            None => {
                let timeout = timeout.unwrap_or(shared.publish_timeout);
                Box::pin(deliver(subject, shared, &record.borrow(), timeout)).await
            }
        }
    }

    fn encode(self) -> Result<Encoded, PublishError> {
        let shared = &self.publisher.shared;
        let (kind, now) = (self.kind.as_str(), shared.clock.timestamp());
        if kind.trim().is_empty() {
            return Err(PublishError::EmptyType);
        }
        let topic = shared.topic(kind, &self.destination)?;
        let payload = self.payload?;
        let command = self.publisher.command.as_deref();
        let correlation_id = self
            .correlation_id
            .or_else(|| command.map(|command| command.details.correlation_id().to_owned()))
            .unwrap_or_else(|| MessageIdText::fresh(now).as_str().to_owned());
        let of_command = command.filter(|_| self.is_event);
        let key = self.key.or_else(|| of_command.and_then(|command| command.details.origin().key.map(<[u8]>::to_vec)));
        let key = key.unwrap_or_else(|| correlation_id.clone().into_bytes());
        let mut encoder = Encoder::new(&shared.source, shared.message_id);
        let id = self.publisher.next_id();
        let encoded = encoder.encode(kind, &correlation_id, &payload, id.as_str(), now);
        let mut headers = self.headers;
        headers.extend_from_slice(encoded.headers);
        let record = OwnedRecord { topic, key: Some(key), value: Some(encoded.value.to_vec()), headers };
        Ok(Encoded { record, id: Some(id).filter(|_| encoder.wants_ids()) })
    }
}

impl IntoFuture for Publication {
    type Output = Result<(), PublishError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl PublisherShared {
    fn topic(&self, kind: &str, destination: &Destination) -> Result<TopicId, PublishError> {
        let producer = self.producer(kind)?;
        let refused = |topic: &str, reason: String| PublishError::Topic {
            event_type: kind.to_owned(),
            topic: topic.to_owned(),
            reason,
        };
        match destination {
            Destination::Events => Ok(self.events_topic),
            Destination::Commands => Ok(self.commands_topic),
            Destination::Topic(topic) => match topic_flaw(topic) {
                Some(flaw) => Err(refused(topic, flaw)),
                None => producer.topic(topic).map_err(|reason| refused(topic, reason)),
            },
        }
    }
}
