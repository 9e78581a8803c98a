//! A checked type that derives `Event`.

use syn::{DeriveInput, Ident, LitStr, Path};

use crate::attribute::key::Key;

/// A checked event type.
pub(super) struct EventType<'a> {
    pub(super) input: &'a DeriveInput,
    pub(super) runtime: Option<Path>,
    pub(super) shape: Shape<'a>,
}

pub(super) enum Shape<'a> {
    Struct(EventSpec),
    Enum(Vec<(&'a Ident, EventSpec)>, Representation),
}

/// How serde represents an enum.
pub(super) enum Representation {
    /// Externally tagged: the event type can take the place of the tag.
    Default,
    /// By this attribute, so the enum can only be published.
    Chosen(Ident),
}

/// The event that one `#[event(..)]` declares.
pub(super) struct EventSpec {
    pub(super) name: LitStr,
    pub(super) key: Option<Key>,
    /// Without fields, the payload is `{}`; serde would write `null`.
    pub(super) has_fields: bool,
    /// A variant that serde never decodes is only published.
    pub(super) is_received: bool,
}
