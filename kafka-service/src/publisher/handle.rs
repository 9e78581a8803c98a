//! The handle with which programs publish events.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use serde::Serialize;

use super::{
    Backlog, MessageIds, Publication, PublishError, PublisherShared, Sequence, message_id::MessageIdText,
    publication::Destination,
};
use crate::{
    acks::Bound,
    handler::{Command, Context, Details, Event},
    transport::Token,
};

/// Publishes events and sends commands. Cheap to clone; works inside and outside handlers.
///
/// Each method returns a [`Publication`], which completes when the broker has acknowledged the record (all in-sync
/// replicas).
///
/// As an argument of a handler the publisher is bound to the command: its events carry the command's correlation id and
/// key, and ids that are the same when the command is redelivered. The command is finished only when everything
/// published through it is acknowledged, awaited or not. The binding ends with the handler: a task that outlives it
/// publishes with the same correlation id, but the command does not wait for it.
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
/// publisher.publish_event("report.archived", serde_json::json!({"name": "march"})).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Publisher {
    pub(super) shared: Arc<PublisherShared>,
    pub(super) command: Option<Arc<CommandScope>>,
}

/// The command to which a publisher in a handler is bound, for one attempt.
pub(super) struct CommandScope {
    pub(super) details: Arc<Details>,
    published: AtomicU32,
    pub(super) bound: Arc<Bound>,
}

static GLOBAL: OnceLock<Publisher> = OnceLock::new();

impl Publisher {
    pub(crate) fn new(shared: PublisherShared) -> Self {
        Self { shared: Arc::new(shared), command: None }
    }

    /// Returns the publisher of the service that was started first in this process, or the first
    /// [connected](Self::connect) one, for code without access to its handle.
    ///
    /// # Errors
    ///
    /// Returns [`PublishError::NotStarted`] if no service has been started, and no publisher connected, yet.
    pub fn global() -> Result<Self, PublishError> {
        GLOBAL.get().cloned().ok_or(PublishError::NotStarted)
    }

    /// Makes this the global publisher, unless another service was started before.
    pub(crate) fn offer_as_global(&self) {
        _ = GLOBAL.set(self.clone());
    }

    /// The publisher for one attempt at a command.
    pub(super) fn bound_to(&self, context: &Context<'_>, bound: Arc<Bound>) -> Self {
        let command = CommandScope { details: context.details(), published: AtomicU32::new(0), bound };
        Self { shared: Arc::clone(&self.shared), command: Some(Arc::new(command)) }
    }

    /// Publishes an event; await the result to wait for the broker's acknowledgement.
    ///
    /// In a handler, the correlation id is that of the command; otherwise a new UUIDv7. The record key is that of the
    /// event; without one, that of the command; without both, the correlation id. Override them on the [`Publication`].
    ///
    /// In a handler events stay in order: unacknowledged events of the same key are delivered first, without a time
    /// limit.
    ///
    /// # Errors
    ///
    /// Awaiting the publication returns a [`PublishError`] if the event was not published or its result is unknown;
    /// [`PublishError::may_arrive`] says which. Outside handlers it takes at most 30 seconds, or the
    /// [timeout](Publication::timeout).
    pub fn publish<E: Event>(&self, event: &E) -> Publication {
        let payload = json(event.event_type(), |serializer| event.serialize_payload(serializer));
        let key = event.key().map(|key| key.to_string().into_bytes());
        Publication::new(self, event.event_type(), Destination::Events, payload, key)
    }

    /// Publishes an event whose type and payload are known only at run time. Set the correlation id and the key on the
    /// [`Publication`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`publish`](Self::publish).
    pub fn publish_event(&self, event_type: &str, payload: impl Serialize) -> Publication {
        let payload = json(event_type, |serializer| payload.serialize(serializer));
        Publication::new(self, event_type, Destination::Events, payload, None)
    }

    /// Sends a command to its own topic, or to the first topic of `KAFKA_COMMANDS_TOPIC`; await the result to wait for
    /// the broker's acknowledgement, which does not mean that the command has been handled.
    ///
    /// In a handler, the correlation id is that of the command being handled; otherwise a new UUIDv7. The record key is
    /// that of the command sent; without one, the correlation id. Override them, and the topic, on the [`Publication`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use kafka_service::{Command, PublishError, Publisher};
    /// #[derive(serde::Serialize, Command)]
    /// #[command("create_user", key = name)]
    /// struct CreateUser { name: String }
    ///
    /// async fn sign_up(publisher: &Publisher, name: String) -> Result<(), PublishError> {
    ///     publisher.send(&CreateUser { name }).to("user_commands").await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`publish`](Self::publish).
    pub fn send<C: Command + Serialize>(&self, command: &C) -> Publication {
        let destination = C::TOPIC.map_or(Destination::Commands, |topic| Destination::Topic(topic.to_owned()));
        let mut payload = json(C::NAME, |serializer| command.serialize(serializer));
        // To serde a `struct Ping;` is null, but a message without fields is an empty object.
        if size_of::<C>() == 0 && payload.as_deref() == Ok(b"null") {
            payload = Ok(b"{}".to_vec());
        }
        let key = command.key().map(|key| key.to_string().into_bytes());
        Publication::new(self, C::NAME, destination, payload, key)
    }

    /// Sends a command whose name and payload are known only at run time, to the first topic of `KAFKA_COMMANDS_TOPIC`.
    /// Set the correlation id and the key on the [`Publication`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`publish`](Self::publish).
    pub fn send_command(&self, name: &str, payload: impl Serialize) -> Publication {
        let payload = json(name, |serializer| payload.serialize(serializer));
        Publication::new(self, name, Destination::Commands, payload, None)
    }

    /// Waits until the broker has acknowledged everything published through this publisher and the others of its
    /// service, including [detached](Publication::detach) publications, but no longer than `timeout`. Returns the
    /// number of records that are not acknowledged.
    ///
    /// A service flushes when it shuts down; with [`Publisher::connect`], call this before exiting.
    pub async fn flush(&self, timeout: Duration) -> usize {
        let shared = Arc::clone(&self.shared);
        let began = shared.clock.instant();
        if !shared.backlog.is_empty() {
            // Whether it is empty is seen below.
            _ = shared.deadline(timeout).within(shared.backlog.passed()).await;
        }
        let left = timeout.saturating_sub(shared.clock.instant().saturating_duration_since(began));
        let flush = move || {
            let unacknowledged = shared.producer.as_ref().map_or(0, |producer| producer.flush(left));
            unacknowledged + shared.backlog.len()
        };
        tokio::task::spawn_blocking(flush).await.unwrap_or(0)
    }

    /// What waits to be handed over.
    pub(crate) fn backlog(&self) -> &Backlog {
        &self.shared.backlog
    }

    /// A token for one more publication of a command that has not ended.
    pub(super) fn begin(&self) -> Option<Token> {
        self.command.as_ref().and_then(|command| command.bound.begin())
    }

    /// An event can never be published. False if it does not belong to a command in progress.
    pub(super) fn refuse(&self, reason: &str) -> bool {
        self.command.as_ref().is_some_and(|command| command.bound.refuse(reason))
    }

    pub(super) fn next_id(&self) -> MessageIdText {
        match &self.command {
            Some(command) => {
                let (details, mut ids) = (&command.details, MessageIds::default());
                ids.reset(&self.shared.group, details.kind(), details.id(), &details.origin());
                ids.get(Sequence::Published(command.published.fetch_add(1, Ordering::Relaxed)))
            }
            None => MessageIdText::fresh(self.shared.clock.timestamp()),
        }
    }
}

/// A payload as JSON.
fn json(
    kind: &str,
    write: impl FnOnce(&mut serde_json::Serializer<&mut Vec<u8>>) -> Result<(), serde_json::Error>,
) -> Result<Vec<u8>, PublishError> {
    let mut payload = Vec::with_capacity(256);
    match write(&mut serde_json::Serializer::new(&mut payload)) {
        Ok(()) => Ok(payload),
        Err(error) => Err(PublishError::Encode { event_type: kind.to_owned(), reason: error.to_string() }),
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Publisher")
            .field("source", &self.shared.source)
            .field("disabled", &self.shared.producer.is_none())
            .field("correlation_id", &self.command.as_ref().map(|command| command.details.correlation_id()))
            .finish_non_exhaustive()
    }
}
