//! The payload: the envelope's member `payload` as the type of a handler's last argument.

use std::{any::type_name, fmt};

use serde::de::DeserializeOwned;

use super::Context;

/// The types that a handler can take as its payload: everything that implements `serde::Deserialize` and owns its data.
///
/// There is nothing to implement: derive `serde::Deserialize`. Validation is decoding too: `#[serde(try_from = "..")]`
/// refuses a payload before the handler sees it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the payload of a handler",
    label = "this type cannot be decoded from a message",
    note = "add `#[derive(serde::Deserialize)]` to `{Self}`",
    note = "the last argument is the payload, extractors stand before it; to ignore the payload, write `_: serde::de::IgnoredAny` last"
)]
pub trait Payload: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Payload for T {}

/// A payload that is not what its handler takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    message: String,
}

impl DecodeError {
    fn new(payload: &'static str, error: &serde_json::Error) -> Self {
        Self { message: format!("the payload is no `{payload}`: {error}") }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

/// Decodes the payload straight from the record's text.
///
/// # Errors
///
/// The payload is not of this type.
pub fn decode<T: Payload>(context: &Context<'_>) -> Result<T, DecodeError> {
    serde_json::from_str(context.envelope.payload_text()).map_err(|error| DecodeError::new(type_name::<T>(), &error))
}

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
    fn an_error_names_the_type_and_the_place() {
        let error = with_message(r#"{"nam":"Ada"}"#, &States::default(), decode::<CreateUser>).unwrap_err();
        let name = type_name::<CreateUser>();
        assert_eq!(error.to_string(), format!("the payload is no `{name}`: missing field `name` at line 1 column 13"));
    }
}
