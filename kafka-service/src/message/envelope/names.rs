//! The names that a message uses for its fields, when one of ours is missing. Only for error messages.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use super::field::Text;

/// What is present instead of a missing field, to append to the error message; empty if unknown.
#[cold]
pub(crate) fn instead_of(field: &str, value: &[u8]) -> String {
    if let Ok(event) = serde_json::from_slice::<CloudEvent>(value) {
        return event.to_string();
    }
    let Ok(Names(names)) = serde_json::from_slice(value) else { return String::new() };
    let mut alike = names.into_iter().filter(|name| name != field && is_same_word(name, field));
    alike.next().map(|name| format!(" (found `{name}`)")).unwrap_or_default()
}

/// Whether two names differ only in case and separators: `user_id` and `userId`.
pub(crate) fn is_same_word(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase)
}

/// The names of the fields of an object.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamesVisitor;
        impl<'de> Visitor<'de> for NamesVisitor {
            type Value = Names;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut names = Vec::new();
                while let Some((Text(name), IgnoredAny)) = map.next_entry()? {
                    names.push(name.into_owned());
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_map(NamesVisitor)
    }
}

/// A CloudEvent in structured mode: the four required attributes.
#[derive(Deserialize)]
struct CloudEvent {
    specversion: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "source")]
    _source: String,
}

impl fmt::Display for CloudEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            ": the value is a CloudEvent in structured mode (specversion {:.10}, type `{:.100}`); the producer should write \
             `type`, `correlation_id` and `payload`, with the CloudEvent's `data` as `payload`",
            self.specversion, self.kind
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::message::envelope::Envelope;

    fn said(value: &str) -> String {
        Envelope::decode(Some(value.as_bytes())).unwrap_err().to_string()
    }

    #[test]
    fn a_field_in_another_spelling_is_named() {
        for (value, expected) in [
            (r#"{"type":"a","correlationId":"b"}"#, "missing envelope field `correlation_id` (found `correlationId`)"),
            (r#"{"type":"a","CorrelationID":"b"}"#, "missing envelope field `correlation_id` (found `CorrelationID`)"),
            (
                r#"{"type":"a","correlation-id":"b"}"#,
                "missing envelope field `correlation_id` (found `correlation-id`)",
            ),
            (r#"{"Type":"a","correlation_id":"b"}"#, "missing envelope field `type` (found `Type`)"),
            (r#"{"TYPE":{"a":[]},"correlationId":"b"}"#, "missing envelope field `type` (found `TYPE`)"),
            (r#"{"kind":"a","correlation_id":"b"}"#, "missing envelope field `type`"),
        ] {
            assert_eq!(said(value), expected);
        }
    }

    #[test]
    fn a_cloud_event_is_recognized() {
        let event = r#"{"specversion":"1.0","id":"1","source":"/shop","type":"com.shop.paid","data":{"a":1},"correlationid":"c"}"#;
        assert_eq!(
            said(event),
            "missing envelope field `correlation_id`: the value is a CloudEvent in structured mode (specversion 1.0, type \
             `com.shop.paid`); the producer should write `type`, `correlation_id` and `payload`, with the CloudEvent's \
             `data` as `payload`"
        );
        assert_eq!(said(r#"{"specversion":"1.0","id":"1","type":"a"}"#), "missing envelope field `correlation_id`");
    }
}
