//! [`ExtraFields`]: the fields of a message that the framework does not know.

use serde_json::{Map, Value};

use super::{FromContext, built_in};
use crate::{
    handler::{Context, HandlerError, Needs},
    message::envelope::extra_fields,
};

/// The fields of the message other than `type`, `correlation_id`, `timestamp`, `payload`, `source` and `id`.
///
/// They are parsed only if a handler has this extractor; the message is then parsed a second time.
///
/// # Examples
///
/// ```
/// use kafka_service::{ExtraFields, command};
/// # #[derive(serde::Deserialize)] struct CreateUser { name: String }
///
/// /// For `{"type": "create_user", "correlation_id": "c-1", "payload": {"name": "Ada"}, "version": 2}`.
/// #[command("create_user_of_version")]
/// async fn create_user_of_version(extra: ExtraFields, user: CreateUser) {
///     let version = extra.get("version").and_then(|version| version.as_u64()).unwrap_or(1);
///     println!("version {version} of {}", user.name);
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExtraFields(Map<String, Value>);

impl ExtraFields {
    /// Returns one field, or `None` if the message does not have it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Iterates over all fields, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl FromContext for ExtraFields {
    built_in!();

    fn extract(context: &Context<'_>) -> Result<Self, HandlerError> {
        let refused = |error| HandlerError::permanent(format!("cannot read the extra fields of the message: {error}"));
        extra_fields(context.record.value().unwrap_or_default()).map(Self).map_err(refused)
    }

    fn needs(_: &mut Needs) {}
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::handler::{States, testing::with_message};

    #[test]
    fn only_unknown_envelope_fields_are_extra() {
        let extra = with_message("{}", &States::default(), ExtraFields::extract).unwrap();
        assert_eq!(extra.iter().collect::<Vec<_>>(), [("version", &json!({"major": 2}))]);
        assert_eq!((extra.get("version"), extra.get("type")), (Some(&json!({"major": 2})), None));
    }
}
