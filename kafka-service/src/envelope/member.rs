//! One field of an envelope, read without judging it: a wrong type is a fact to report, not a parse error.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;

/// What stood where a text was expected.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Member<'a> {
    /// The field is missing, or `null`, which is how several languages write a missing value.
    #[default]
    Absent,
    Text(Cow<'a, str>),
    /// A number, as it is written.
    Number(&'a str),
    Other(Unexpected),
}

/// What a field was where something else was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unexpected {
    /// A number that does not say a moment in time.
    Number,
    Boolean,
    Array,
    Object,
    /// Half of a surrogate pair, which is no character.
    Surrogate,
}

impl fmt::Display for Unexpected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Array => "an array",
            Self::Object => "an object",
            Self::Surrogate => "a string with an unpaired surrogate",
        })
    }
}

/// A field name or value of which a borrowed form is kept where the JSON text allows it (no escapes).
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(value)))
            }
            fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(value.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

impl<'de> Deserialize<'de> for Member<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // By way of its text, so that a number keeps all its digits.
        <&RawValue>::deserialize(deserializer).map(|raw| Self::of(raw.get()))
    }
}

impl<'a> Member<'a> {
    /// `json` is one value.
    fn of(json: &'a str) -> Self {
        match json.as_bytes().first() {
            Some(b'"') => match serde_json::from_str(json) {
                Ok(Text(text)) => Self::Text(text),
                Err(_) => Self::Other(Unexpected::Surrogate),
            },
            Some(b'n') => Self::Absent,
            Some(b't' | b'f') => Self::Other(Unexpected::Boolean),
            Some(b'[') => Self::Other(Unexpected::Array),
            Some(b'{') => Self::Other(Unexpected::Object),
            _ => Self::Number(json),
        }
    }
}
