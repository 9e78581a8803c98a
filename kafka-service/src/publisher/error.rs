//! Why an event or a command was not published.

use crate::handler::{Classifiers, ErrorClass};

/// Why an event or a command was not published.
///
/// After [`Stopped`](Self::Stopped), and in some cases of [`Refused`](Self::Refused), the result is unknown: the record
/// may have been written. After any other error it was not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
    /// The broker or the client rejected the record, or its delivery was interrupted. It may have been written if it
    /// was in flight when the partition of the command was revoked or when the Kafka producer failed; otherwise it was
    /// not written.
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
        "the service stopped before the delivery of `{event_type}` to topic `{topic}` was acknowledged; it may have been written"
    )]
    Stopped {
        /// The event or command with an unknown result.
        event_type: String,
        /// The topic.
        topic: String,
    },
}

impl PublishError {
    /// Returns whether no retry can succeed, because the publication itself is invalid. A command whose handler returns
    /// such an error is not retried, unless you [`classify`](crate::KafkaService::classify) the error otherwise.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::EmptyType | Self::Topic { .. } | Self::Encode { .. } | Self::TooLarge { .. } => true,
            Self::Disabled { .. } | Self::NotStarted | Self::Refused { .. } | Self::Stopped { .. } => false,
        }
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
    use std::time::Duration;

    use super::*;
    use crate::handler::HandlerError;

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
