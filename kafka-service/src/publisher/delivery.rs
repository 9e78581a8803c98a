//! Sends one record to the broker: for a caller that waits for the result, alone or on behalf of a command, or without
//! one.

use super::PublishError;
use crate::{
    acks::Acks,
    transport::{Cause, DeliveryReports as _, OutRecord, Producer, SendError, Stored, Token, TopicId, Undelivered},
};

/// A publication, as described in messages.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) producer: &'a dyn Producer,
    pub(super) kind: &'a str,
    pub(super) topic: TopicId,
}

/// Hands over one record and waits for its acknowledgement.
pub(super) async fn deliver(subject: Subject<'_>, acks: &Acks, record: &OutRecord<'_>) -> Result<(), PublishError> {
    let producer = subject.producer;
    let (token, answer) = acks.caller();
    // Checked only now: every caller that is in the table before the end is notified at the end.
    if acks.is_closing() {
        acks.forget(token);
        return Err(subject.stopped());
    }
    let sent = match producer.send(record, token) {
        Err(SendError::QueueFull) => acks.room.send_when_made(|| producer.send(record, token)).await,
        other => other,
    };
    if let Err(error) = sent {
        acks.forget(token);
        renew(producer, &error);
        let bytes = record.value.map_or(0, <[u8]>::len);
        return Err(if acks.is_closing() {
            subject.stopped()
        } else {
            subject.refused(error.cause(), bytes, error.to_string())
        });
    }
    producer.idle();
    match answer.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(undelivered)) => {
            if undelivered.cause == Cause::Producer {
                producer.renew();
            }
            Err(subject.undelivered(undelivered))
        }
        Err(_) => Err(subject.stopped()),
    }
}

/// Hands a command's record to the dispatcher, which sends it in order, and waits for its acknowledgement.
pub(super) async fn deliver_bound(
    subject: Subject<'_>,
    acks: &Acks,
    command: Token,
    record: impl FnOnce(Token) -> Stored,
) -> Result<(), PublishError> {
    let (token, caller) = acks.bound_caller(command);
    if acks.is_closing() || !acks.publish(record(token)) {
        acks.forget(token);
        return Err(subject.stopped());
    }
    match caller.answer().await {
        Some(Ok(())) => Ok(()),
        Some(Err(undelivered)) => Err(subject.undelivered(undelivered)),
        None if acks.is_closing() => Err(subject.stopped()),
        None => Err(subject.refused(Cause::Broker, 0, "the partition of the command was revoked".to_owned())),
    }
}

/// Hands over one record if there is room, and counts it if it is lost.
pub(super) fn fire(subject: Subject<'_>, acks: &Acks, record: &OutRecord<'_>) {
    let topic = subject.producer.topic_name(subject.topic);
    if acks.is_closing() {
        return acks.lost(subject.kind, &topic, "the service was shut down");
    }
    let token = acks.detached(subject.kind, &topic);
    // It may linger, because more records are likely to follow.
    if let Err(error) = subject.producer.send(record, token) {
        acks.forget(token);
        renew(subject.producer, &error);
        acks.lost(subject.kind, &topic, &error.to_string());
    }
}

/// Renews a failed producer: without another send, the failure would not be noticed.
fn renew(producer: &dyn Producer, error: &SendError) {
    if let SendError::Fatal(_) = error {
        producer.renew();
    }
}

impl Subject<'_> {
    fn stopped(self) -> PublishError {
        PublishError::Stopped { event_type: self.kind.to_owned(), topic: self.producer.topic_name(self.topic) }
    }

    fn undelivered(self, undelivered: Undelivered) -> PublishError {
        let bytes = undelivered.record.value.as_ref().map_or(0, Vec::len);
        self.refused(undelivered.cause, bytes, undelivered.error)
    }

    fn refused(self, cause: Cause, bytes: usize, reason: String) -> PublishError {
        let (event_type, topic) = (self.kind.to_owned(), self.producer.topic_name(self.topic));
        match cause {
            Cause::TooLarge => PublishError::TooLarge { event_type, topic, bytes, reason },
            _ => PublishError::Refused { event_type, topic, reason },
        }
    }
}
