//! The payload: the envelope field `payload` as the type of a handler's last argument.

mod by_type;
mod decode_error;
mod raw;
mod variant;

use std::{any::type_name, marker::PhantomData};

use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_path_to_error::{Deserializer, Track};

pub use self::raw::RawPayload;
pub(crate) use self::{by_type::decode_by_type, decode_error::DecodeError};
use super::Context;

/// The types that can be the payload of a handler: everything that implements `serde::Deserialize` and owns its data.
///
/// You never implement it: derive `serde::Deserialize`. You can validate while decoding: `#[serde(try_from = "..")]`
/// rejects a payload before the handler is called.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the payload of a handler",
    label = "cannot be deserialized from a message",
    note = "the last argument is the payload; if `{Self}` is an extractor, move it before the payload, or add `_: serde::de::IgnoredAny` as the last argument to ignore the payload",
    note = "if `{Self}` is the payload, derive `serde::Deserialize` for it"
)]
pub trait Payload: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Payload for T {}

/// Decodes the payload directly from the text of the record.
///
/// # Errors
///
/// Returns an error if the payload is not of this type.
pub fn decode<T: Payload>(context: &Context<'_>) -> Result<T, DecodeError> {
    explained(context, decode_text(context.envelope.payload_text()))
}

/// Adds to an error that the message has no payload, if it has none.
fn explained<T>(context: &Context<'_>, decoded: Result<T, DecodeError>) -> Result<T, DecodeError> {
    if context.envelope.has_payload() {
        decoded
    } else {
        decoded.map_err(|error| error.without_payload(context.record.value().unwrap_or_default()))
    }
}

pub(super) fn decode_text<T: Payload>(text: &str) -> Result<T, DecodeError> {
    serde_json::from_str(text).or_else(|error| decode_again(text, PhantomData, &error))
}

/// Decodes with a seed, which knows more than the type.
fn decode_with<T>(text: &str, seed: impl Seed<T>) -> Result<T, DecodeError> {
    from_str(text, seed).or_else(|error| decode_again(text, seed, &error))
}

trait Seed<T>: for<'de> DeserializeSeed<'de, Value = T> + Copy {}

impl<T, S: for<'de> DeserializeSeed<'de, Value = T> + Copy> Seed<T> for S {}

fn from_str<T>(text: &str, seed: impl Seed<T>) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    let payload = seed.deserialize(&mut json)?;
    json.end().map(|()| payload)
}

/// Decodes a second time, to track the path.
#[cold]
#[inline(never)]
fn decode_again<T>(text: &str, seed: impl Seed<T>, error: &serde_json::Error) -> Result<T, DecodeError> {
    // To serde, a `struct Ping;` is null, but in a message a payload without fields is an empty object.
    let is_empty = || serde_json::from_str::<Empty>(text).is_ok();
    if error.to_string().starts_with("invalid type: map, expected unit")
        && is_empty()
        && let Ok(payload) = from_str("null", seed)
    {
        return Ok(payload);
    }
    let mut track = Track::new();
    let mut json = serde_json::Deserializer::from_str(text);
    // Fails as before: the error shown is the first one, this run only yields the path.
    drop(seed.deserialize(Deserializer::new(&mut json, &mut track)));
    Err(DecodeError::new(type_name::<T>(), text, &track.path(), error))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::{States, testing::with_message};

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct CreateUser {
        name: String,
    }

    #[test]
    fn a_payload_is_decoded_from_the_text_of_the_message() {
        let payload = with_message(r#"{"name":"Ada"}"#, &States::default(), decode::<CreateUser>).unwrap();
        assert_eq!(payload, CreateUser { name: "Ada".into() });
    }

    #[test]
    fn a_unit_struct_is_an_empty_object() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Ping;
        for payload in ["{}", " { } ", "null"] {
            assert_eq!(with_message(payload, &States::default(), decode::<Ping>), Ok(Ping));
        }
        for payload in ["[]", r#"{"a":1}"#, "0"] {
            with_message(payload, &States::default(), decode::<Ping>).unwrap_err();
        }
    }
}
