//! Why an event or a command was not published.

use std::{fmt, time::Duration};

use crate::{
    config::format_duration,
    handler::{Classifiers, ErrorClass},
};

/// Why an event or a command was not published.
///
/// [`may_arrive`](Self::may_arrive) says whether the record was, or may still be, written nevertheless, and
/// [`id`](Self::id) under which id. Otherwise it was not written and never will be.
///
/// `Debug` prints the message, because that is what Rust prints when `main` returns an error.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use kafka_service::{Config, Publisher};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), kafka_service::Error> {
/// // No broker has this port.
/// let publisher = Publisher::connect(Config::new("shop").bootstrap_servers("127.0.0.1:1")).await?;
/// let publication = publisher.publish_event("order.placed", serde_json::json!({"order": 7}));
/// let error = publication.timeout(Duration::from_millis(100)).await.unwrap_err();
/// // It was never sent, so it can be published again without a duplicate.
/// assert!(!error.may_arrive());
/// # Ok(()) }
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// `KAFKA_BOOTSTRAP_SERVERS` is set to the empty string, so there is no broker to publish to.
    #[error("Kafka is disabled (KAFKA_BOOTSTRAP_SERVERS is empty): `{event_type}` was not sent")]
    Disabled {
        /// The event or command that was not sent.
        event_type: String,
    },
    /// [`Publisher::global`](crate::Publisher::global) was called before a service was started.
    #[error(
        "no service has been started in this process: call `KafkaService::start` or `run` first, or use the publisher of the \
         service's handle"
    )]
    NotStarted,
    /// The event type, or the command's name, is empty.
    #[error("the message type must not be empty: use a name such as `entity.action`")]
    EmptyType,
    /// The topic cannot be written to.
    #[error("cannot send `{event_type}` to topic `{topic}`: {reason}")]
    Topic {
        /// The event or command that was not sent.
        event_type: String,
        /// The topic.
        topic: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The payload could not be serialized as JSON.
    #[error("cannot serialize `{event_type}` as JSON: {reason}")]
    Encode {
        /// The event or command that was not sent.
        event_type: String,
        /// The error of serde_json.
        reason: String,
    },
    /// The record is larger than the topic or the client's `message.max.bytes` allows; the reason says which.
    #[error("`{event_type}` is too large for topic `{topic}` ({bytes} bytes): {reason}")]
    TooLarge {
        /// The event or command that was not sent.
        event_type: String,
        /// The topic.
        topic: String,
        /// The size of the record's value.
        bytes: usize,
        /// What the client or the broker reports.
        reason: String,
    },
    /// The record was not handed to the Kafka client within the [timeout](crate::Publication::timeout), because no broker
    /// was connected or the producer queue was full, or the service stopped before. It was not sent and never will be.
    #[error("`{event_type}` was not sent to topic `{topic}`: {reason}")]
    NotSent {
        /// The event or command that was not sent.
        event_type: String,
        /// The topic.
        topic: String,
        /// What it was waiting for, and the last connection error.
        reason: String,
    },
    /// The record was handed to the Kafka client, and the broker has not acknowledged it within the
    /// [timeout](crate::Publication::timeout). It cannot be withdrawn: it may have been written, or may still be.
    #[error(
        "`{event_type}` was not acknowledged on topic `{topic}` within {}; it may still arrive{}",
        format_duration(*.timeout),
        WithId(.id)
    )]
    NotAcknowledged {
        /// The event or command with an unknown result.
        event_type: String,
        /// The topic.
        topic: String,
        /// The id of the message; `None` with `KAFKA_MESSAGE_ID=off`.
        id: Option<String>,
        /// The timeout of the publication.
        timeout: Duration,
    },
    /// The record was in flight when the partition of the command was revoked or when the Kafka producer failed: it may
    /// or may not have been written.
    #[error("delivery of `{event_type}` to topic `{topic}` was interrupted: {reason}; it may have been written{}", WithId(.id))]
    Interrupted {
        /// The event or command with an unknown result.
        event_type: String,
        /// The topic.
        topic: String,
        /// The id of the message; `None` with `KAFKA_MESSAGE_ID=off`.
        id: Option<String>,
        /// What interrupted it.
        reason: String,
    },
    /// The broker or the client rejected the record. It was not written.
    #[error("delivery of `{event_type}` to topic `{topic}` failed: {reason}")]
    Refused {
        /// The event or command that was not sent.
        event_type: String,
        /// The topic.
        topic: String,
        /// What the client or the broker reports.
        reason: String,
    },
    /// The service stopped before the broker acknowledged the record: it may or may not have been written.
    #[error(
        "the service stopped before the delivery of `{event_type}` to topic `{topic}` was acknowledged; it may have been \
         written{}",
        WithId(.id)
    )]
    Stopped {
        /// The event or command with an unknown result.
        event_type: String,
        /// The topic.
        topic: String,
        /// The id of the message; `None` with `KAFKA_MESSAGE_ID=off`.
        id: Option<String>,
    },
}

impl PublishError {
    /// Returns whether no retry can succeed, because the publication itself is invalid. A command whose handler returns
    /// such an error is not retried, unless you [`classify`](crate::KafkaService::classify) the error otherwise.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::EmptyType | Self::Topic { .. } | Self::Encode { .. } | Self::TooLarge { .. } => true,
            Self::Disabled { .. }
            | Self::NotStarted
            | Self::NotSent { .. }
            | Self::NotAcknowledged { .. }
            | Self::Interrupted { .. }
            | Self::Refused { .. }
            | Self::Stopped { .. } => false,
        }
    }

    /// Returns whether the record may have been written, or may still be: publishing it again may duplicate it. If not,
    /// it never arrives.
    #[must_use]
    pub fn may_arrive(&self) -> bool {
        matches!(self, Self::NotAcknowledged { .. } | Self::Interrupted { .. } | Self::Stopped { .. })
    }

    /// Returns the id under which the record [may arrive](Self::may_arrive), if it may and has one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::NotAcknowledged { id, .. } | Self::Interrupted { id, .. } | Self::Stopped { id, .. } => id.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Debug for PublishError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The end of a message about a record that may arrive.
struct WithId<'a>(&'a Option<String>);

impl fmt::Display for WithId<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |id| write!(formatter, ", with id `{id}`"))
    }
}

/// Makes the failures that no retry can resolve permanent, unless the application has classified them.
pub(crate) fn classify_publish_errors(classifiers: &mut Classifiers) {
    classifiers.add(
        |error: &PublishError| {
            if error.is_permanent() { ErrorClass::Permanent } else { ErrorClass::Retryable }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::HandlerError;

    #[test]
    fn main_prints_the_message() {
        let error = PublishError::Disabled { event_type: "a.b".to_owned() };
        assert_eq!(format!("{error:?}"), error.to_string());
    }

    #[test]
    fn an_impossible_publication_is_permanent_by_default() {
        let text = |text: &str| text.to_owned();
        let flawed = || PublishError::Topic { event_type: text("a.b"), topic: text("t"), reason: text("bad name") };
        let refused = PublishError::Refused { event_type: text("a.b"), topic: text("t"), reason: text("no leader") };
        let mut classifiers = Classifiers::default();
        classify_publish_errors(&mut classifiers);
        assert_eq!(classifiers.class(&HandlerError::new(flawed())), ErrorClass::Permanent);
        assert_eq!(classifiers.class(&HandlerError::new(refused)), ErrorClass::Retryable);
        let mut classifiers = Classifiers::default();
        let pause = ErrorClass::RetryAfter(Duration::from_secs(60));
        classifiers.add(move |_: &PublishError| pause);
        classify_publish_errors(&mut classifiers);
        assert_eq!(classifiers.class(&HandlerError::new(flawed())), pause, "the application's comes first");
    }
}
