//! [`RawPayload`]: a payload that is not decoded.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::decode_text;
use crate::handler::{HandlerError, Payload};

/// The payload as it is in the record, byte for byte: for handlers that forward it, sign it, or choose how to decode
/// it. Like any payload, it is the last argument. It is `{}` if the message has no payload.
///
/// # Examples
///
/// ```
/// use kafka_service::{HandlerError, Headers, RawPayload, command};
/// # #[derive(serde::Deserialize)] struct Order { count: u32 }
/// # #[derive(serde::Deserialize)] struct OldOrder { amount: String }
///
/// #[command("place_order")]
/// async fn place_order(headers: Headers, payload: RawPayload) -> Result<(), HandlerError> {
///     let order: Order = match headers.get_str("schema") {
///         Some("1") => Order { count: payload.decode::<OldOrder>()?.amount.parse()? },
///         _ => payload.decode()?,
///     };
///     println!("{} of {}", order.count, payload.as_str());
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct RawPayload(Box<RawValue>);

impl RawPayload {
    /// Returns the JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Returns the JSON text as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.as_str().as_bytes()
    }

    /// Decodes the payload.
    ///
    /// # Errors
    ///
    /// Returns a permanent [`HandlerError`] that names the path in the payload, because a retry cannot succeed: with
    /// `?`, the command is dead-lettered without another attempt.
    pub fn decode<T: Payload>(&self) -> Result<T, HandlerError> {
        decode_text(self.as_str()).map_err(HandlerError::permanent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::{States, decode, testing::with_message};

    #[test]
    fn a_raw_payload_is_the_text_of_the_record() {
        let text = r#"{ "b":1.0,"a" : [1e2, "\u00e9"]}"#;
        let payload = with_message(text, &States::default(), decode::<RawPayload>).unwrap();
        assert_eq!((payload.as_str(), payload.as_bytes()), (text, text.as_bytes()));
        let value: serde_json::Value = payload.decode().unwrap();
        assert_eq!(value, serde_json::json!({"b": 1.0, "a": [100.0, "é"]}));
    }

    #[test]
    fn a_late_decode_error_is_permanent_and_names_its_path() {
        let payload = with_message(r#"{"a":[1,"2"]}"#, &States::default(), decode::<RawPayload>).unwrap();
        let error = payload.decode::<std::collections::HashMap<String, Vec<u8>>>().unwrap_err();
        assert!(error.is_permanent());
        assert!(error.to_string().contains("`a[1]`: invalid type: string \"2\", expected u8"), "{error}");
    }

    #[test]
    fn a_json_value_is_a_payload_too() {
        let payload = with_message("[null]", &States::default(), decode::<serde_json::Value>).unwrap();
        assert_eq!(payload, serde_json::json!([null]));
    }
}
