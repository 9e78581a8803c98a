//! Values that must not be shown.

use std::fmt;

/// The replacement for a secret.
pub(super) const HIDDEN: &str = "***";

/// A text that is never shown: its `Debug` is `***`, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// The value of a librdkafka property.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Plain(String),
    Secret(Secret),
}

impl Value {
    /// The text itself. Only for the client that needs it.
    pub(crate) fn expose(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Secret(Secret(text)) => text,
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => fmt::Debug::fmt(text, f),
            Self::Secret(secret) => fmt::Debug::fmt(secret, f),
        }
    }
}
