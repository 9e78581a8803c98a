//! Messages for the unit tests of `handler`.

use std::cell::OnceCell;

use super::{Context, Provide, States};
use crate::message::{Origin, RecordTime, StoredRecord, envelope::Envelope};

/// Calls `test` with the context of a message that has this payload.
pub(crate) fn with_message<R>(payload: &str, states: &States, test: impl FnOnce(&Context<'_>) -> R) -> R {
    with_value(&text(payload), states, test)
}

/// A message that has this payload.
pub(crate) fn text(payload: &str) -> String {
    format!(
        r#"{{"type":"create_user","correlation_id":"c-1","source":"shop","id":"m-1","version":{{"major":2}},"payload":{payload}}}"#
    )
}

/// Calls `test` with the context of a message whose value is `text`.
pub(crate) fn with_value<R>(text: &str, states: &States, test: impl FnOnce(&Context<'_>) -> R) -> R {
    with_provider(text, states, &(), test)
}

/// Calls `test` with the context of a message whose value is `text`, and of a provider.
pub(crate) fn with_provider<R>(
    text: &str,
    states: &States,
    provider: &dyn Provide,
    test: impl FnOnce(&Context<'_>) -> R,
) -> R {
    let record = StoredRecord {
        value: Some(text.as_bytes().to_vec()),
        key: Some(b"k".to_vec()),
        offset: 42,
        timestamp: Some(RecordTime::of_producer(1_700_000)),
        headers: [("trace", "t-1"), ("tenant", "a"), ("tenant", "b")]
            .map(|(name, value)| (name.to_owned(), Some(value.as_bytes().to_vec())))
            .to_vec(),
    };
    let envelope = Envelope::decode(record.value.as_deref()).unwrap();
    let origin =
        Origin { topic: "commands", partition: 3, offset: 42, key: record.key.as_deref(), timestamp: record.timestamp };
    test(&Context {
        envelope: &envelope,
        origin,
        record: &record,
        attempt: 2,
        states,
        provider,
        details: OnceCell::new(),
    })
}
