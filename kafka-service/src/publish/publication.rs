//! One event or command on its way: what can be said about it, and the two ways to send it.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
};

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Encoder, PublishError, Publisher, PublisherCore,
    delivery::{What, deliver, deliver_bound, fire},
};
use crate::{
    commit::Token,
    config::topic_flaw,
    message::Header,
    transport::{OutRecord, Stored, TopicId},
};

/// An event or a command on its way. Made by [`Publisher::publish`], [`Publisher::send`] and their untyped forms.
///
/// Awaiting it publishes it and completes when the broker has acknowledged it. [`detach`](Self::detach) publishes it
/// and does not wait.
///
/// # Cancel safety
///
/// Nothing is published before the first poll. If it is dropped after that, the event is published, unless the producer's
/// queue was full; in a handler it is always published, and its command waits for it.
#[must_use = "nothing is published until the publication is awaited or detached"]
#[derive(Debug)]
pub struct Publication {
    publisher: Publisher,
    kind: String,
    target: Target,
    is_event: bool,
    payload: Result<Vec<u8>, PublishError>,
    correlation_id: Option<String>,
    key: Option<Vec<u8>>,
    headers: Vec<Header>,
}

/// Where it goes.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// To the events topic.
    Events,
    /// To the first commands topic.
    Commands,
    Topic(String),
}

/// A record that is ready to go.
struct Ready {
    topic: TopicId,
    key: Vec<u8>,
    value: Vec<u8>,
    headers: Vec<Header>,
}

impl Publication {
    pub(super) fn new(
        publisher: &Publisher,
        kind: &str,
        target: Target,
        payload: Result<Vec<u8>, PublishError>,
        key: Option<Vec<u8>>,
    ) -> Self {
        Self {
            publisher: publisher.clone(),
            kind: kind.to_owned(),
            is_event: matches!(target, Target::Events),
            target,
            payload,
            correlation_id: None,
            key,
            headers: Vec::new(),
        }
    }

    /// Sets the correlation id. Without one, or with an empty one, it is the command's in a handler, else a new UUIDv7.
    pub fn correlation_id(mut self, correlation_id: impl Into<String>) -> Self {
        self.correlation_id = Some(correlation_id.into()).filter(|id| !id.is_empty());
        self
    }

    /// Sends it to this topic, instead of the events topic or the command's own. Any topic will do, up to 1,000 of them for
    /// each producer. A record for a topic that does not exist is refused after half a minute.
    pub fn to(mut self, topic: impl Into<String>) -> Self {
        self.target = Target::Topic(topic.into());
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

    /// Adds several headers.
    pub fn headers<N: Into<String>, V: Into<Vec<u8>>>(mut self, headers: impl IntoIterator<Item = (N, V)>) -> Self {
        self.headers.extend(headers.into_iter().map(|(name, value)| (name.into(), Some(value.into()))));
        self
    }

    /// Publishes without waiting and without a result.
    ///
    /// In a handler nothing is lost: the command is finished only when the broker has acknowledged the event; a failed
    /// delivery is retried, as for returned events; and an event that can never be published (its payload cannot be
    /// serialized as JSON, or it is too large) dead-letters the command. The number of events that wait in memory is not
    /// limited, so a handler that publishes thousands of events should await them.
    ///
    /// Elsewhere, and in a task that outlives its handler, the event is lost if the producer's queue is full, if its delivery
    /// fails, or if the program ends first. Losses are counted: the log has a line for the first, the tenth, the hundredth
    /// and so on, and their number when the service stops.
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
        let (publisher, kind) = (self.publisher.clone(), self.kind.clone());
        let core = &publisher.core;
        let ready = match self.encode() {
            Ok(ready) => ready,
            Err(error) => {
                if !publisher.refuse(&error.to_string()) {
                    core.acks.lost(&kind, "", &error.to_string());
                }
                return;
            }
        };
        // Without one, nothing could be encoded.
        let Some(producer) = core.producer.as_deref() else { return };
        let what = What { producer, kind: &kind, topic: ready.topic };
        match publisher.begin() {
            Some(token) => {
                if !core.acks.publish(ready.stored(token)) {
                    core.acks.lost(&kind, &producer.topic_name(what.topic), "the service was shut down");
                }
            }
            None => fire(what, &core.acks, &ready.record()),
        }
    }

    async fn send(self) -> Result<(), PublishError> {
        let (publisher, kind) = (self.publisher.clone(), self.kind.clone());
        let ready = self.encode()?;
        let core = &publisher.core;
        let what = What { producer: core.producer(&kind)?, kind: &kind, topic: ready.topic };
        match publisher.begin() {
            Some(token) => deliver_bound(what, &core.acks, token, |token| ready.stored(token)).await,
            None => deliver(what, &core.acks, &ready.record()).await,
        }
    }

    fn encode(self) -> Result<Ready, PublishError> {
        let core = &self.publisher.core;
        let kind = self.kind.as_str();
        if kind.trim().is_empty() {
            return Err(PublishError::EmptyType);
        }
        let topic = core.topic(kind, &self.target)?;
        let payload = self.payload?;
        let command = self.publisher.command.as_deref();
        let correlation_id = self
            .correlation_id
            .or_else(|| command.map(|command| command.details.correlation_id().to_owned()))
            .unwrap_or_else(|| Uuid::now_v7().to_string());
        let of_command = command.filter(|_| self.is_event);
        let key = self.key.or_else(|| of_command.and_then(|command| command.details.origin().key.map(<[u8]>::to_vec)));
        let key = key.unwrap_or_else(|| correlation_id.clone().into_bytes());
        let mut encoder = Encoder::new(&core.source, core.message_id);
        let id = self.publisher.next_id();
        let encoded = encoder.encode(kind, &correlation_id, &payload, id.as_str(), Timestamp::now());
        let mut headers = self.headers;
        headers.extend_from_slice(encoded.headers);
        Ok(Ready { topic, key, value: encoded.value.to_vec(), headers })
    }
}

impl Ready {
    fn record(&self) -> OutRecord<'_> {
        OutRecord { topic: self.topic, key: Some(&self.key), value: Some(&self.value), headers: &self.headers }
    }

    fn stored(self, token: Token) -> Stored {
        Stored { topic: self.topic, key: Some(self.key), value: Some(self.value), headers: self.headers, token }
    }
}

impl IntoFuture for Publication {
    type Output = Result<(), PublishError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl PublisherCore {
    fn topic(&self, kind: &str, target: &Target) -> Result<TopicId, PublishError> {
        let producer = self.producer(kind)?;
        let refused = |topic: &str, reason: String| PublishError::Topic {
            event_type: kind.to_owned(),
            topic: topic.to_owned(),
            reason,
        };
        match target {
            Target::Events => Ok(self.events_topic),
            Target::Commands => Ok(self.commands_topic),
            Target::Topic(topic) => match topic_flaw(topic) {
                Some(flaw) => Err(refused(topic, flaw)),
                None => producer.topic(topic).map_err(|reason| refused(topic, reason)),
            },
        }
    }
}
