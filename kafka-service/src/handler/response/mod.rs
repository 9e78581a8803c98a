//! What a handler returns, encoded at once: [`IntoEvents`] for events, [`IntoOutcome`] for these and `Result`s of them.

mod buffer;
mod classified;
mod command;
mod content;
mod event;

use std::{
    any::type_name,
    fmt::{self, Display},
    io::Write,
};

pub(crate) use self::event::{EventType, NamedEvent};
pub use self::{
    classified::outcome_with,
    command::Command,
    content::serialize_content,
    event::{Event, key},
};
use super::{HandlerError, IntoHandlerError, Outcome};

/// The events of one handler call as bytes. They share one buffer, which comes from a pool and returns to it; zero or
/// one event needs no other allocation.
#[derive(Default)]
pub struct Events {
    bytes: Vec<u8>,
    first: Option<EventEntry>,
    rest: Vec<EventEntry>,
}

/// The position of one event in the buffer: its key, if it has one, directly followed by its payload. It starts where
/// the previous event ends.
struct EventEntry {
    event_type: &'static str,
    has_key: bool,
    payload_start: usize,
    end: usize,
}

/// One encoded event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct EncodedEvent<'a> {
    /// The field `type` of the message.
    pub(crate) event_type: &'static str,
    /// The record key, if the event has its own.
    pub(crate) key: Option<&'a [u8]>,
    /// The payload as JSON.
    pub(crate) payload: &'a [u8],
}

impl Events {
    /// Appends an event. After an error, no entry refers to what was written of it.
    pub(crate) fn push<E: Event>(&mut self, event: &E) -> Result<(), HandlerError> {
        if self.bytes.capacity() == 0 {
            self.bytes = buffer::take();
        }
        let event_type = event.event_type();
        let has_key = match event.key() {
            Some(key) => write_key(&mut self.bytes, event_type, &key).map(|()| true)?,
            None => false,
        };
        let payload_start = self.bytes.len();
        event
            .serialize_payload(&mut serde_json::Serializer::new(&mut self.bytes))
            .map_err(|error| refused(event_type, &error))?;
        let entry = EventEntry { event_type, has_key, payload_start, end: self.bytes.len() };
        match self.first {
            None => self.first = Some(entry),
            Some(_) => self.rest.push(entry),
        }
        Ok(())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = EncodedEvent<'_>> {
        self.first.iter().chain(&self.rest).scan(0, |start, entry| {
            let key = entry.has_key.then(|| &self.bytes[*start..entry.payload_start]);
            *start = entry.end;
            Some(EncodedEvent {
                event_type: entry.event_type,
                key,
                payload: &self.bytes[entry.payload_start..entry.end],
            })
        })
    }

    pub(crate) fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }
}

fn write_key(bytes: &mut Vec<u8>, event_type: &str, key: &dyn Display) -> Result<(), HandlerError> {
    write!(bytes, "{key}").map_err(|_| refused(event_type, &"cannot format its key as text"))
}

/// Permanent, because the same value fails in the same way at the next attempt.
fn refused(event_type: &str, reason: &dyn Display) -> HandlerError {
    HandlerError::permanent(format!("cannot encode event `{event_type}`: {reason}"))
}

impl Drop for Events {
    fn drop(&mut self) {
        buffer::give_back(std::mem::take(&mut self.bytes));
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for EncodedEvent<'_> {
    /// Omits the payload: it may hold data that must not be logged.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EncodedEvent")
            .field("event_type", &self.event_type)
            .field("key", &self.key.map(String::from_utf8_lossy))
            .field("payload_bytes", &self.payload.len())
            .finish()
    }
}

/// The types in which handlers return events: `()`, an [`Event`], `Option`, `Vec` and tuples (up to eight) of these.
///
/// You never implement it: derive [`Event`](derive@crate::Event) for the types that you publish.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be published by a handler",
    label = "not an event",
    note = "to declare an event, derive `serde::Serialize` and `kafka_service::Event`, and add `#[event(\"entity.action\")]`",
    note = "a handler can return an event, `()`, `Option<E>`, `Vec<E>` or a tuple of up to eight of these",
    note = "to return errors, wrap the whole return type: `Result<Vec<E>, HandlerError>`, not `Vec<Result<E, HandlerError>>`",
    note = "instead of returning a future, write the handler as an `async fn`"
)]
pub trait IntoEvents {
    #[doc(hidden)]
    fn append_to(self, events: &mut Events) -> Result<(), HandlerError>;

    /// Adds every event type that a value of this type can have.
    #[doc(hidden)]
    fn event_types(list: &mut Vec<EventType>);
}

#[diagnostic::do_not_recommend]
impl<E: Event> IntoEvents for E {
    fn append_to(self, events: &mut Events) -> Result<(), HandlerError> {
        events.push(&self)
    }

    fn event_types(list: &mut Vec<EventType>) {
        let rust_type = type_name::<E>();
        list.extend(E::TYPES.iter().map(|&name| EventType { name, rust_type }));
    }
}

impl IntoEvents for () {
    fn append_to(self, _: &mut Events) -> Result<(), HandlerError> {
        Ok(())
    }

    fn event_types(_: &mut Vec<EventType>) {}
}

impl<T: IntoEvents> IntoEvents for Option<T> {
    fn append_to(self, events: &mut Events) -> Result<(), HandlerError> {
        self.map_or(Ok(()), |value| value.append_to(events))
    }

    fn event_types(list: &mut Vec<EventType>) {
        T::event_types(list);
    }
}

impl<T: IntoEvents> IntoEvents for Vec<T> {
    fn append_to(self, events: &mut Events) -> Result<(), HandlerError> {
        self.into_iter().try_for_each(|value| value.append_to(events))
    }

    fn event_types(list: &mut Vec<EventType>) {
        T::event_types(list);
    }
}

macro_rules! tuple {
    ($($part:ident)*) => {
        impl<$($part: IntoEvents),*> IntoEvents for ($($part,)*) {
            fn append_to(self, events: &mut Events) -> Result<(), HandlerError> {
                #[expect(non_snake_case, reason = "a part is called after its type")]
                let ($($part,)*) = self;
                $($part.append_to(events)?;)*
                Ok(())
            }

            fn event_types(list: &mut Vec<EventType>) {
                $($part::event_types(list);)*
            }
        }
    };
}

tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
tuple!(A B C D E F G);
tuple!(A B C D E F G H);

/// The types that a handler can return: those of [`IntoEvents`], or a `Result` of one.
///
/// You never implement it: return one of these types.
// The parts of a `Result` are named here and bound only where a handler is called, so that a wrong event and a wrong error
// each get their own compiler error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be published by a handler",
    label = "not an event",
    note = "to declare an event, derive `serde::Serialize` and `kafka_service::Event`, and add `#[event(\"entity.action\")]`",
    note = "a handler can return an event, `()`, `Option<E>`, `Vec<E>` or a tuple of up to eight of these",
    note = "to return errors, wrap the whole return type: `Result<Vec<E>, HandlerError>`, not `Vec<Result<E, HandlerError>>`",
    note = "instead of returning a future, write the handler as an `async fn`"
)]
pub trait IntoOutcome {
    /// The type of the `Ok` value.
    type Events;
    /// The type of the `Err` value.
    type Error;

    #[doc(hidden)]
    fn into_result(self) -> Result<Self::Events, Self::Error>;
}

impl<T: IntoEvents> IntoOutcome for T {
    type Events = T;
    type Error = HandlerError;

    fn into_result(self) -> Result<T, HandlerError> {
        Ok(self)
    }
}

impl<T, E> IntoOutcome for Result<T, E> {
    type Events = T;
    type Error = E;

    fn into_result(self) -> Self {
        self
    }
}

/// Turns the return value of a handler into encoded events or an error.
///
/// # Errors
///
/// Returns the error of the handler, or a permanent error for an event that cannot be encoded.
#[inline]
pub fn outcome<R>(returned: R) -> Outcome
where
    R: IntoOutcome,
    R::Events: IntoEvents,
    R::Error: IntoHandlerError,
{
    events(returned.into_result().map_err(IntoHandlerError::into_handler_error))
}

pub(super) fn events<T: IntoEvents>(returned: Result<T, HandlerError>) -> Outcome {
    let returned = returned?;
    let mut events = Events::default();
    returned.append_to(&mut events)?;
    Ok(events)
}

#[cfg(test)]
mod tests;
