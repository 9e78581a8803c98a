//! Bytes to [`Envelope`]: borrowed where the text allows it, in one pass, without parsing the payload.
//!
//! There are two paths: the fast one of `scan`, and one through serde for everything else.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use thiserror::Error;

use super::{
    field::{Field, Text, Unexpected},
    names, not_json, scan, timestamp,
};

/// The fields of one message. Unknown fields remain in the record and cost nothing here.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    /// The field `type`: the name of the command or the type of the event.
    pub(crate) kind: Cow<'a, str>,
    pub(crate) correlation_id: Cow<'a, str>,
    /// Kept as text; parsed only on request.
    pub(crate) timestamp: Option<Cow<'a, str>>,
    pub(crate) source: Option<Cow<'a, str>>,
    pub(crate) id: Option<Cow<'a, str>>,
    /// Fields that are present and count as absent.
    pub(crate) ignored: Ignored,
    /// The JSON text of the payload; `None` if the field is missing, which is the same as `{}`.
    payload: Option<&'a str>,
}

/// The optional fields of a message that have a value without a meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ignored {
    timestamp: Option<Unexpected>,
    source: Option<Unexpected>,
    id: Option<Unexpected>,
}

impl Ignored {
    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Iterates over these fields with what was found.
    pub(crate) fn fields(self) -> impl Iterator<Item = (&'static str, Unexpected)> {
        let fields = [("timestamp", self.timestamp), ("source", self.source), ("id", self.id)];
        fields.into_iter().filter_map(|(field, found)| Some((field, found?)))
    }
}

/// Why a record is not a valid message. The text says what was found and what is expected.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum EnvelopeError {
    #[error("record has no value (tombstone); expected a JSON object")]
    NoValue,
    #[error("value is not JSON: {0}")]
    NotJson(String),
    #[error("value is {0}; expected a JSON object with the fields `type` and `correlation_id`")]
    NotAnObject(&'static str),
    /// `instead` is empty, or says what is there instead.
    #[error("missing envelope field `{field}`{instead}")]
    Missing { field: &'static str, instead: String },
    #[error("envelope field `{0}` is empty")]
    Empty(&'static str),
    #[error("envelope field `{field}` is {found}; expected a string")]
    WrongType { field: &'static str, found: Unexpected },
}

impl<'a> Envelope<'a> {
    /// Decodes the value of a record.
    pub(crate) fn decode(value: Option<&'a [u8]>) -> Result<Self, EnvelopeError> {
        let value = value.ok_or(EnvelopeError::NoValue)?;
        let Some(found) = scan::fields(value) else { return Self::decode_the_long_way(value) };
        Ok(Self {
            kind: required("type", found.kind.map(Cow::Borrowed), value)?,
            correlation_id: required("correlation_id", found.correlation_id.map(Cow::Borrowed), value)?,
            timestamp: found.timestamp.map(Cow::Borrowed),
            source: found.source.map(Cow::Borrowed),
            id: found.id.map(Cow::Borrowed),
            ignored: Ignored::default(),
            payload: found.payload,
        })
    }

    #[cold]
    #[inline(never)]
    fn decode_the_long_way(value: &'a [u8]) -> Result<Self, EnvelopeError> {
        let fields = long_way(value).map_err(|error| classify(&error, value))?;
        let mut ignored = Ignored::default();
        Ok(Self {
            kind: required("type", strict("type", fields.kind)?, value)?,
            correlation_id: required("correlation_id", strict("correlation_id", fields.correlation_id)?, value)?,
            timestamp: match fields.timestamp {
                Field::Number(number) => {
                    let text = timestamp::of_number(number);
                    ignored.timestamp = text.is_none().then_some(Unexpected::Number);
                    text.map(Cow::Owned)
                }
                other => lenient(other, &mut ignored.timestamp),
            },
            source: lenient(fields.source, &mut ignored.source),
            id: lenient(fields.id, &mut ignored.id),
            ignored,
            payload: fields.payload,
        })
    }

    /// The JSON text of the payload.
    pub(crate) fn payload_text(&self) -> &'a str {
        self.payload.unwrap_or("{}")
    }

    pub(crate) fn has_payload(&self) -> bool {
        self.payload.is_some()
    }
}

fn required<'a>(field: &'static str, text: Option<Cow<'a, str>>, value: &[u8]) -> Result<Cow<'a, str>, EnvelopeError> {
    let text = text.ok_or_else(|| missing(field, value))?;
    if text.trim().is_empty() { Err(EnvelopeError::Empty(field)) } else { Ok(text) }
}

#[cold]
fn missing(field: &'static str, value: &[u8]) -> EnvelopeError {
    EnvelopeError::Missing { field, instead: names::instead_of(field, value) }
}

/// Reads a field that must be text or absent.
fn strict<'a>(field: &'static str, value: Field<'a>) -> Result<Option<Cow<'a, str>>, EnvelopeError> {
    match value {
        Field::Absent => Ok(None),
        Field::Text(text) => Ok(Some(text)),
        Field::Number(_) => Err(EnvelopeError::WrongType { field, found: Unexpected::Number }),
        Field::Other(found) => Err(EnvelopeError::WrongType { field, found }),
    }
}

/// Reads a field that must not fail a command: a number counts as its text, and a value without a meaning as absent.
fn lenient<'a>(value: Field<'a>, ignored: &mut Option<Unexpected>) -> Option<Cow<'a, str>> {
    match value {
        Field::Absent => None,
        Field::Text(text) => Some(text),
        Field::Number(number) => Some(Cow::Borrowed(number)),
        Field::Other(found) => {
            *ignored = Some(found);
            None
        }
    }
}

fn classify(error: &serde_json::Error, value: &[u8]) -> EnvelopeError {
    if !error.is_data() {
        return EnvelopeError::NotJson(not_json::explain(error, value));
    }
    EnvelopeError::NotAnObject(match value.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => "an array",
        Some(b'"') if serde_json::from_slice::<String>(value).is_ok_and(|text| text.trim_start().starts_with('{')) => {
            "JSON in a string (encoded twice by the producer)"
        }
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        Some(b'{') => return EnvelopeError::NotJson(error.to_string()),
        _ => "a number",
    })
}

/// The fields as they are, without validation. If a field occurs twice, the last one counts, as in Python and
/// JavaScript. For this reason it is not derived: serde's derive rejects duplicates.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fields<'a> {
    kind: Field<'a>,
    correlation_id: Field<'a>,
    timestamp: Field<'a>,
    source: Field<'a>,
    id: Field<'a>,
    payload: Option<&'a str>,
}

/// Parses with serde_json.
pub(super) fn long_way(value: &[u8]) -> Result<Fields<'_>, serde_json::Error> {
    serde_json::from_slice(value)
}

#[cfg(test)]
impl<'a> From<scan::Found<'a>> for Fields<'a> {
    fn from(found: scan::Found<'a>) -> Self {
        let text = |text: Option<&'a str>| text.map_or(Field::Absent, |text| Field::Text(Cow::Borrowed(text)));
        Self {
            kind: text(found.kind),
            correlation_id: text(found.correlation_id),
            timestamp: text(found.timestamp),
            source: text(found.source),
            id: text(found.id),
            payload: found.payload,
        }
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        while let Some(Text(name)) = map.next_key()? {
            match name.as_ref() {
                "type" => fields.kind = map.next_value()?,
                "correlation_id" => fields.correlation_id = map.next_value()?,
                "timestamp" => fields.timestamp = map.next_value()?,
                "source" => fields.source = map.next_value()?,
                "id" => fields.id = map.next_value()?,
                "payload" => fields.payload = Some(map.next_value::<&RawValue>()?.get()),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests;
