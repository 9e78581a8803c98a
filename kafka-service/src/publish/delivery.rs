//! One record to the broker: for somebody who waits for the answer, alone or on behalf of a command, and for nobody.

use super::{Acks, PublishError};
use crate::{
    commit::Token,
    transport::{Cause, OutRecord, Producer, SendError, Stored},
};

/// Hands one record over and waits for its acknowledgement.
pub(super) async fn deliver(
    producer: &dyn Producer,
    acks: &Acks,
    event_type: &str,
    record: &OutRecord<'_>,
) -> Result<(), PublishError> {
    let stopped = || PublishError::Stopped { event_type: event_type.to_owned() };
    let (token, answer) = acks.caller();
    // Asked only now: whoever is in the table before the end is told at the end.
    if acks.is_closing() {
        acks.forget(token);
        return Err(stopped());
    }
    let sent = match producer.send(record, token) {
        Err(SendError::QueueFull) => acks.when_there_is_room(|| producer.send(record, token)).await,
        other => other,
    };
    if let Err(error) = sent {
        acks.forget(token);
        renew(producer, &error);
        return Err(if acks.is_closing() { stopped() } else { refusal(error, event_type, record) });
    }
    producer.idle();
    match answer.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(undelivered)) => {
            if undelivered.cause == Cause::Producer {
                producer.renew();
            }
            Err(PublishError::Refused { event_type: event_type.to_owned(), reason: undelivered.error })
        }
        Err(_) => Err(stopped()),
    }
}

/// Hands one record of a command to the dispatcher, which sends it in its turn, and waits for its acknowledgement.
pub(super) async fn deliver_bound(
    acks: &Acks,
    kind: &str,
    command: Token,
    record: impl FnOnce(Token) -> Stored,
) -> Result<(), PublishError> {
    let stopped = || PublishError::Stopped { event_type: kind.to_owned() };
    let refused = |reason: String| PublishError::Refused { event_type: kind.to_owned(), reason };
    let (token, caller) = acks.bound_caller(command);
    if acks.is_closing() || !acks.publish(record(token)) {
        acks.forget(token);
        return Err(stopped());
    }
    match caller.answer().await {
        Some(Ok(())) => Ok(()),
        Some(Err(undelivered)) => Err(refused(undelivered.error)),
        None if acks.is_closing() => Err(stopped()),
        None => Err(refused("the partition of its command was given back".to_owned())),
    }
}

/// Hands one record over if there is room, and counts it if it is lost.
pub(super) fn fire(producer: Option<&dyn Producer>, acks: &Acks, kind: &str, record: &OutRecord<'_>) {
    // Without one, nothing could be encoded.
    let Some(producer) = producer else { return };
    if acks.is_closing() {
        return acks.lost(kind, "the service has stopped");
    }
    let token = acks.detached(kind);
    // It may linger, for there will be more where this came from.
    if let Err(error) = producer.send(record, token) {
        acks.forget(token);
        renew(producer, &error);
        acks.lost(kind, &error.to_string());
    }
}

/// Nobody else may send anything, and so nobody else see that the producer has ended.
fn renew(producer: &dyn Producer, error: &SendError) {
    if let SendError::Fatal(_) = error {
        producer.renew();
    }
}

fn refusal(error: SendError, event_type: &str, record: &OutRecord<'_>) -> PublishError {
    let event_type = event_type.to_owned();
    match error {
        SendError::TooLarge(reason) => {
            PublishError::TooLarge { event_type, bytes: record.value.map_or(0, <[u8]>::len), reason }
        }
        other => PublishError::Refused { event_type, reason: other.to_string() },
    }
}
