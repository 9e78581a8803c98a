//! The fields of a message that the framework does not know, for handlers that request them.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::field::Text;

/// Reads the fields that [`Envelope`](super::Envelope) skips. Of duplicates, the last one counts.
pub(crate) fn extra_fields(value: &[u8]) -> Result<Map<String, Value>, serde_json::Error> {
    serde_json::Deserializer::from_slice(value).deserialize_map(ExtraVisitor)
}

struct ExtraVisitor;

impl<'de> Visitor<'de> for ExtraVisitor {
    type Value = Map<String, Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut extra = Map::new();
        while let Some(Text(name)) = map.next_key()? {
            match name.as_ref() {
                "type" | "correlation_id" | "timestamp" | "source" | "id" | "payload" => {
                    map.next_value::<IgnoredAny>()?;
                }
                name => {
                    let value = map.next_value()?;
                    extra.insert(name.to_owned(), value);
                }
            }
        }
        Ok(extra)
    }
}
