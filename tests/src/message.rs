//! The records that a test writes and reads.

use serde_json::Value;

/// A record to write, built in steps: `Message::new(json).key("user-1").header("attempt", "2")`.
#[derive(Debug, Clone, Default)]
pub struct Message {
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) partition: Option<i32>,
}

impl Message {
    /// A record with this value, without a key and headers.
    pub fn new(value: impl Into<Vec<u8>>) -> Self {
        Self { value: Some(value.into()), ..Self::default() }
    }

    /// A record without a value.
    #[must_use]
    pub fn tombstone() -> Self {
        Self::default()
    }

    /// Sets the key.
    #[must_use]
    pub fn key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Writes to this partition instead of the partition of the key.
    #[must_use]
    pub fn partition(mut self, partition: i32) -> Self {
        self.partition = Some(partition);
        self
    }
}

impl From<&str> for Message {
    fn from(value: &str) -> Self {
        Self::new(value)
    }
}

impl From<String> for Message {
    fn from(value: String) -> Self {
        Self::new(value)
    }
}

impl From<Vec<u8>> for Message {
    fn from(value: Vec<u8>) -> Self {
        Self::new(value)
    }
}

impl From<Value> for Message {
    fn from(value: Value) -> Self {
        Self::new(value.to_string())
    }
}

/// A record that was read from a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Its timestamp, in milliseconds since the epoch.
    pub timestamp: Option<i64>,
    /// The key's bytes.
    pub key: Option<Vec<u8>>,
    /// The value's bytes; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// The headers in their order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Record {
    /// The key as text.
    ///
    /// # Panics
    /// Panics when it is not UTF-8.
    #[must_use]
    pub fn key_text(&self) -> Option<&str> {
        self.key.as_deref().map(|bytes| text(bytes, "key"))
    }

    /// The value as text; empty for a tombstone.
    ///
    /// # Panics
    /// Panics when it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> &str {
        text(self.value.as_deref().unwrap_or_default(), "value")
    }

    /// The value as JSON.
    ///
    /// # Panics
    /// Panics when it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(self.value.as_deref().unwrap_or_default())
            .unwrap_or_else(|error| panic!("the value of this record is not JSON ({error}): {self:?}"))
    }

    /// The last header with this name, as text.
    ///
    /// # Panics
    /// Panics when it is not UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().rev().find(|(header, _)| header == name)?;
        Some(text(value.as_deref().unwrap_or_default(), name))
    }
}

fn text<'a>(bytes: &'a [u8], what: &str) -> &'a str {
    str::from_utf8(bytes).unwrap_or_else(|error| panic!("{what} is not UTF-8 ({error}): {bytes:?}"))
}
