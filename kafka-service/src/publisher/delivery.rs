//! Sends one record to the broker for a caller that waits for the result, alone or on behalf of a command.

use std::time::Duration;

use super::{
    PublishError, PublisherShared,
    hand_over::{Unsent, hand_over},
    message_id::MessageIdText,
};
use crate::transport::{Cause, DeliveryReports as _, OutRecord, Producer, Stored, Token, TopicId, Undelivered};

/// A publication, as described in messages.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) producer: &'a dyn Producer,
    pub(super) kind: &'a str,
    pub(super) topic: TopicId,
    /// `None` if messages have no ids.
    pub(super) id: Option<MessageIdText>,
}

/// Hands over one record when a broker is connected and there is room, and waits for its acknowledgement.
pub(super) async fn deliver(
    subject: Subject<'_>,
    shared: &PublisherShared,
    record: &OutRecord<'_>,
    timeout: Duration,
) -> Result<(), PublishError> {
    let (producer, acks) = (subject.producer, &*shared.acks);
    let mut deadline = shared.deadline(timeout);
    let unsent = |unsent| subject.unsent(unsent, record);
    if shared.must_wait(producer) && !acks.is_closing() {
        shared.wait_for_turn(producer, &mut deadline).await.map_err(unsent)?;
    }
    let (token, answer) = acks.caller();
    hand_over(producer, acks, record, token, &mut deadline).await.map_err(unsent)?;
    producer.idle();
    match deadline.within(answer).await {
        Some(Ok(Ok(()))) => Ok(()),
        Some(Ok(Err(undelivered))) => {
            if undelivered.cause == Cause::Producer {
                producer.renew();
            }
            Err(subject.undelivered(undelivered))
        }
        Some(Err(_)) => Err(subject.stopped()),
        // The entry stays until the record is acknowledged, or given up by the client.
        None => Err(subject.unacknowledged(timeout)),
    }
}

/// Hands a command's record to the dispatcher, which sends it in order, and waits for its acknowledgement. After the
/// timeout, if there is one, the record is like a returned event.
pub(super) async fn deliver_bound(
    subject: Subject<'_>,
    shared: &PublisherShared,
    command: Token,
    record: impl FnOnce(Token) -> Stored,
    timeout: Option<Duration>,
) -> Result<(), PublishError> {
    let acks = &*shared.acks;
    let (token, caller) = acks.bound_caller(command);
    if acks.is_closing() || !acks.publish(record(token)) {
        acks.forget(token);
        return Err(subject.never("the service has stopped".to_owned()));
    }
    let answer = match timeout {
        None => caller.answer().await,
        Some(timeout) => match shared.deadline(timeout).within(caller.answer()).await {
            Some(answer) => answer,
            None => return Err(subject.unacknowledged(timeout)),
        },
    };
    match answer {
        Some(Ok(())) => Ok(()),
        Some(Err(undelivered)) => Err(subject.undelivered(undelivered)),
        None if acks.is_closing() => Err(subject.stopped()),
        None => Err(subject.interrupted("the partition of the command was revoked".to_owned())),
    }
}

impl Subject<'_> {
    fn names(self) -> (String, String) {
        (self.kind.to_owned(), self.producer.topic_name(self.topic))
    }

    fn id(self) -> Option<String> {
        self.id.map(|id| id.as_str().to_owned())
    }

    fn stopped(self) -> PublishError {
        let (event_type, topic) = self.names();
        PublishError::Stopped { event_type, topic, id: self.id() }
    }

    fn unacknowledged(self, timeout: Duration) -> PublishError {
        let (event_type, topic) = self.names();
        PublishError::NotAcknowledged { event_type, topic, id: self.id(), timeout }
    }

    fn interrupted(self, reason: String) -> PublishError {
        let (event_type, topic) = self.names();
        PublishError::Interrupted { event_type, topic, id: self.id(), reason }
    }

    fn never(self, reason: String) -> PublishError {
        let (event_type, topic) = self.names();
        PublishError::NotSent { event_type, topic, reason }
    }

    fn unsent(self, unsent: Unsent, record: &OutRecord<'_>) -> PublishError {
        match unsent {
            Unsent::Never(reason) => self.never(reason),
            Unsent::Rejected(error) => {
                self.refused(error.cause(), record.value.map_or(0, <[u8]>::len), error.to_string())
            }
        }
    }

    fn undelivered(self, undelivered: Undelivered) -> PublishError {
        let bytes = undelivered.record.value.as_ref().map_or(0, Vec::len);
        match undelivered.cause {
            Cause::Producer => self.interrupted(undelivered.error),
            cause => self.refused(cause, bytes, undelivered.error),
        }
    }

    fn refused(self, cause: Cause, bytes: usize, reason: String) -> PublishError {
        let (event_type, topic) = self.names();
        match cause {
            Cause::TooLarge => PublishError::TooLarge { event_type, topic, bytes, reason },
            _ => PublishError::Refused { event_type, topic, reason },
        }
    }
}
