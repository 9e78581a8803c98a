//! [`Event`]: what a handler publishes.

use std::fmt::Display;

use serde::{Serialize, Serializer};

/// Something that happened, which the service publishes: an event type, a payload and optionally a record key.
///
/// Derive it. A struct is one event. An enum is several, one per variant.
///
/// ```
/// use kafka_service::Event;
/// use serde::Serialize;
///
/// #[derive(Serialize, Event)]
/// #[event("user.created", key = id)]
/// struct UserCreated {
///     id: u64,
///     name: String,
/// }
///
/// #[derive(Serialize, Event)]
/// enum Answer {
///     #[event("payment.accepted", key = order)]
///     Accepted { order: u64 },
///     #[event("payment.refused")]
///     Refused(String),
/// }
///
/// let event = UserCreated { id: 7, name: "Ada".into() };
/// assert_eq!(event.event_type(), "user.created");
/// assert_eq!(event.key().unwrap().to_string(), "7");
/// assert_eq!(Answer::TYPES, ["payment.accepted", "payment.refused"]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "does not implement `Event`",
    note = "derive `serde::Serialize` and `kafka_service::Event` for `{Self}`, and add `#[event(\"entity.action\")]`"
)]
pub trait Event: Serialize {
    /// Every event type that a value of this type can have.
    const TYPES: &'static [&'static str];

    /// The event types that a payload of this type is decoded by, in the order in which serde counts the variants of an
    /// enum. `None` if a payload is decoded as it is.
    #[doc(hidden)]
    const VARIANTS: Option<&'static [&'static str]> = None;

    /// Returns the event type of this value, such as `user.created`: the field `type` of the message.
    fn event_type(&self) -> &'static str;

    /// Returns the record key of this value. Without one, the key of the command being handled is used.
    fn key(&self) -> Option<impl Display + '_> {
        None::<&str>
    }

    /// Writes the payload: the value itself, or the content of an enum's variant without the variant's name.
    #[doc(hidden)]
    fn serialize_payload<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }
}

/// An event type, and the Rust type whose values have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventType {
    /// The field `type` of the message.
    pub name: &'static str,
    /// The Rust type, for error messages: one name with two types is a mistake.
    pub rust_type: &'static str,
}

/// The payload types that name their event types, so that the attribute of the handler need not.
///
/// You never implement it; it exists for its compiler error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "does not implement `Event`",
    note = "add an event type to the handler, for example `#[event(\"order.created\")]`, or derive `serde::Serialize` and `kafka_service::Event` for `{Self}`, and add `#[event(\"entity.action\")]`"
)]
pub trait NamedEvent {
    /// Every event type that a payload can have.
    const TYPES: &'static [&'static str];
    /// Those that its variants decode. `None` if it is not decoded by its event type.
    const VARIANTS: Option<&'static [&'static str]>;
}

#[diagnostic::do_not_recommend]
impl<E: Event> NamedEvent for E {
    const TYPES: &'static [&'static str] = E::TYPES;
    const VARIANTS: Option<&'static [&'static str]> = E::VARIANTS;
}

/// The types of a field that can be a record key: all that can be written as text.
///
/// You never implement it; it exists for its compiler error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a record key",
    label = "does not implement `std::fmt::Display`",
    note = "a record key must implement `std::fmt::Display`, such as a `String` or an integer; choose another field, or use a type of your own that implements it"
)]
pub trait EventKey {
    /// The field as a printable value.
    fn as_text(&self) -> &dyn Display;
}

#[diagnostic::do_not_recommend]
impl<T: Display> EventKey for T {
    fn as_text(&self) -> &dyn Display {
        self
    }
}

/// The key of an event or a command that declares one.
pub fn key<K: EventKey>(field: &K) -> Option<&dyn Display> {
    Some(field.as_text())
}
