//! Why an event was not published.

/// Why an event was not published. Nothing was written unless the variant says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// `KAFKA_BOOTSTRAP_SERVERS` is set to the empty string, so there is no broker to publish to.
    #[error("Kafka is disabled (KAFKA_BOOTSTRAP_SERVERS is empty): event `{event_type}` was not sent")]
    Disabled {
        /// The event that was not sent.
        event_type: String,
    },
    /// [`Publisher::global`](crate::Publisher::global) was called before a service was started.
    #[error(
        "no service has been started in this process / help: call `KafkaService::start` or `run` first, or keep the publisher that `start` gives"
    )]
    NotStarted,
    /// The event type is empty.
    #[error("an event type must not be empty / help: event types look like `entity.action`")]
    EmptyType,
    /// The payload could not be written as JSON.
    #[error("event `{event_type}` cannot be written as JSON: {reason}")]
    Encode {
        /// The event that was not sent.
        event_type: String,
        /// What serde_json says.
        reason: String,
    },
    /// The event is larger than the producer's `message.max.bytes`.
    #[error(
        "event `{event_type}` is too large ({bytes} bytes): {reason} / help: raise KAFKA_MESSAGE_MAX_BYTES and the topic's max.message.bytes"
    )]
    TooLarge {
        /// The event that was not sent.
        event_type: String,
        /// The size of the encoded event.
        bytes: usize,
        /// What the client says.
        reason: String,
    },
    /// The broker or the client refused the event.
    #[error("event `{event_type}` was not accepted: {reason}")]
    Refused {
        /// The event that was not sent.
        event_type: String,
        /// What the client or the broker says.
        reason: String,
    },
    /// The service stopped before the broker acknowledged the event: it may or may not have been written.
    #[error("the service stopped before the broker acknowledged event `{event_type}`")]
    Stopped {
        /// The event whose fate is unknown.
        event_type: String,
    },
}
