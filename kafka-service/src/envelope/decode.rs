//! Bytes to [`Envelope`]: borrowed where the text allows it, one pass, the payload left as it stands.
//!
//! There are two ways: the short one of `scan`, and the one through serde for what that leaves.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use thiserror::Error;

use super::{
    member::{Member, Text},
    not_json,
    scan::{self, Found},
};

/// The members of one message. Members that we do not know stay in the record and cost nothing here.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    /// The member `type`: the command's name or the event's type.
    pub(crate) kind: Cow<'a, str>,
    pub(crate) correlation_id: Cow<'a, str>,
    /// Kept as text; read only by those who ask for it.
    pub(crate) timestamp: Option<Cow<'a, str>>,
    pub(crate) source: Option<Cow<'a, str>>,
    pub(crate) id: Option<Cow<'a, str>>,
    /// The JSON text of the payload; `None` where the member is missing, which stands for `{}`.
    payload: Option<&'a str>,
}

/// Why a record is no message. The text says what was found and what is expected.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum EnvelopeError {
    #[error("the record has no value (a tombstone), but a message is a JSON object")]
    NoValue,
    #[error("the value is not JSON: {0}")]
    NotJson(String),
    #[error("the value is {0}, but a message is a JSON object with the members `type` and `correlation_id`")]
    NotAnObject(String),
    #[error("the member `{0}` is missing")]
    Missing(&'static str),
    #[error("the member `{0}` is empty")]
    Empty(&'static str),
    #[error("the member `{member}` is {found}, but it must be a string")]
    WrongType { member: &'static str, found: &'static str },
}

impl<'a> Envelope<'a> {
    /// Reads a record's value.
    pub(crate) fn decode(value: Option<&'a [u8]>) -> Result<Self, EnvelopeError> {
        let value = value.ok_or(EnvelopeError::NoValue)?;
        let members = match scan::members(value) {
            Some(found) => Members::from(found),
            None => long_way(value).map_err(|error| classify(&error, value))?,
        };
        Ok(Self {
            kind: required("type", members.kind)?,
            correlation_id: required("correlation_id", members.correlation_id)?,
            timestamp: optional("timestamp", members.timestamp)?,
            source: optional("source", members.source)?,
            id: optional("id", members.id)?,
            payload: members.payload,
        })
    }

    /// The payload's JSON text.
    pub(crate) fn payload_text(&self) -> &'a str {
        self.payload.unwrap_or("{}")
    }
}

fn required<'a>(member: &'static str, value: Member<'a>) -> Result<Cow<'a, str>, EnvelopeError> {
    let text = optional(member, value)?.ok_or(EnvelopeError::Missing(member))?;
    if text.trim().is_empty() { Err(EnvelopeError::Empty(member)) } else { Ok(text) }
}

fn optional<'a>(member: &'static str, value: Member<'a>) -> Result<Option<Cow<'a, str>>, EnvelopeError> {
    match value {
        Member::Absent => Ok(None),
        Member::Text(text) => Ok(Some(text)),
        Member::Other(found) => Err(EnvelopeError::WrongType { member, found }),
    }
}

fn classify(error: &serde_json::Error, value: &[u8]) -> EnvelopeError {
    if !error.is_data() {
        return EnvelopeError::NotJson(not_json::explain(error, value));
    }
    let found = match value.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        Some(b'{') => return EnvelopeError::NotJson(error.to_string()),
        _ => "a number",
    };
    EnvelopeError::NotAnObject(found.to_owned())
}

/// The members as they stand, unjudged. Of a member that stands twice the last one counts, as in Python and JavaScript;
/// that is why this is not derived: serde's derive refuses duplicates.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Members<'a> {
    kind: Member<'a>,
    correlation_id: Member<'a>,
    timestamp: Member<'a>,
    source: Member<'a>,
    id: Member<'a>,
    payload: Option<&'a str>,
}

/// What serde_json makes of it.
pub(super) fn long_way(value: &[u8]) -> Result<Members<'_>, serde_json::Error> {
    serde_json::from_slice(value)
}

impl<'a> From<Found<'a>> for Members<'a> {
    fn from(found: Found<'a>) -> Self {
        let text = |member: Option<&'a str>| member.map_or(Member::Absent, |text| Member::Text(Cow::Borrowed(text)));
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

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::default();
        while let Some(Text(name)) = map.next_key()? {
            match name.as_ref() {
                "type" => members.kind = map.next_value()?,
                "correlation_id" => members.correlation_id = map.next_value()?,
                "timestamp" => members.timestamp = map.next_value()?,
                "source" => members.source = map.next_value()?,
                "id" => members.id = map.next_value()?,
                "payload" => members.payload = Some(map.next_value::<&RawValue>()?.get()),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(members)
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
