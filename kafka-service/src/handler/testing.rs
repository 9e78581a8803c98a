//! A message for the unit tests of this crate's handler side.

use super::{Context, States};
use crate::{
    envelope::Envelope,
    message::Origin,
    publish::{Publisher, PublisherCore},
};

/// Calls `test` with the context of a message that has this payload.
pub(crate) fn with_message<R>(payload: &str, states: &States, test: impl FnOnce(&Context<'_>) -> R) -> R {
    let text =
        format!(r#"{{"type":"create_user","correlation_id":"c-1","source":"shop","id":"m-1","payload":{payload}}}"#);
    let envelope = Envelope::decode(Some(text.as_bytes())).unwrap();
    let origin = Origin { topic: "commands", partition: 3, offset: 42, key: Some(b"k"), timestamp: Some(1_700_000) };
    let publisher = &publisher();
    test(&Context { envelope: &envelope, origin, attempt: 2, states, publisher })
}

/// A publisher of a service without Kafka.
fn publisher() -> Publisher {
    Publisher::new(PublisherCore::disabled("group", "service", crate::config::MessageId::default()))
}
