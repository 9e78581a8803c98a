//! One record to the broker, for somebody who waits for the answer.

use super::{Acks, PublishError};
use crate::transport::{OutRecord, Producer, SendError};

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
        return Err(if acks.is_closing() { stopped() } else { refusal(error, event_type, record) });
    }
    producer.idle();
    match answer.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(undelivered)) => {
            Err(PublishError::Refused { event_type: event_type.to_owned(), reason: undelivered.error })
        }
        Err(_) => Err(stopped()),
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
