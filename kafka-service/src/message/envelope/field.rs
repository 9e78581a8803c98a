//! One field of an envelope, read without validation: a wrong type is reported, and is not a parse error.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;

/// What was found where text was expected.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Field<'a> {
    /// The field is missing, or `null`, which several languages write for a missing value.
    #[default]
    Absent,
    Text(Cow<'a, str>),
    /// A number, as written.
    Number(&'a str),
    Other(Unexpected),
}

/// The type of an unexpected value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Unexpected {
    /// A number that is not a timestamp.
    Number,
    Boolean,
    Array,
    Object,
    /// Half of a surrogate pair, which is not a character.
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

/// A field name or value, borrowed if the JSON text allows it (no escapes).
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

impl<'de> Deserialize<'de> for Field<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Through its text, so that a number keeps all its digits.
        <&RawValue>::deserialize(deserializer).map(|raw| Self::of(raw.get()))
    }
}

impl<'a> Field<'a> {
    /// Reads `json`, which is one value.
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
