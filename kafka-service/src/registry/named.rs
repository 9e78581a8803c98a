//! Handlers that take their name from the type of their payload.

use super::{Handler, Invoke};
use crate::handler::{Command, NamedEvent};

/// A handler that takes its name and its topic from its payload type.
#[must_use]
pub const fn command_of<T: Command>(invoke: &'static Invoke) -> Handler {
    let handler = Handler::command(T::NAME, invoke);
    match T::TOPIC {
        Some(topic) => handler.topic(topic),
        None => handler,
    }
}

/// A handler of the event that its payload type names.
///
/// # Panics
///
/// Panics if the payload is an enum of several events: in a constant, so while the user's crate is compiled.
#[must_use]
#[track_caller]
pub const fn event_of<T: NamedEvent>(invoke: &'static Invoke) -> Handler {
    match T::TYPES {
        [event_type] => Handler::event(event_type, invoke),
        // What a derive emits when it has reported an error.
        [] => Handler::event("", invoke),
        #[expect(clippy::panic, reason = "a panic in a constant is a compiler error")]
        _ => panic!("the payload has several event types: name one, for example `#[event(\"order.created\")]`"),
    }
}
