//! Handlers whose name and payload type are checked against each other, or that take their name from the payload.

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

/// A handler of the events that its payload type names: the one of a struct, or all that the variants of an enum decode.
///
/// # Panics
///
/// Panics if the payload has several event types but no variants for them: in a constant, so while the user's crate is
/// compiled.
#[must_use]
#[track_caller]
pub const fn event_of<T: NamedEvent>(invoke: &'static Invoke) -> Handler {
    match (T::VARIANTS, T::TYPES) {
        (Some([first, others @ ..]), _) => Handler::event(first, invoke).also(others),
        (None, [event_type]) => Handler::event(event_type, invoke),
        // What a derive emits when it has reported an error.
        (None, []) => Handler::event("", invoke),
        #[expect(clippy::panic, reason = "a panic in a constant is a compiler error")]
        (Some([]), _) => panic!("serde skips every variant of the payload, so none can be received"),
        #[expect(clippy::panic, reason = "a panic in a constant is a compiler error")]
        (None, _) => panic!("the payload has several event types: name one, for example `#[event(\"order.created\")]`"),
    }
}

/// A handler of one event, whose payload may be an enum with one variant for each of its event types.
///
/// # Panics
///
/// Panics if no variant is that of the event: in a constant, so while the user's crate is compiled.
#[must_use]
#[track_caller]
pub const fn event_in(
    event_type: &'static str,
    variants: Option<&'static [&'static str]>,
    invoke: &'static Invoke,
) -> Handler {
    let Some(mut rest) = variants else { return Handler::event(event_type, invoke) };
    while let [first, others @ ..] = rest {
        if is_equal(first, event_type) {
            return Handler::event(event_type, invoke);
        }
        rest = others;
    }
    #[expect(clippy::panic, reason = "a panic in a constant is a compiler error")]
    {
        panic!(
            "no variant of the payload is decoded by this event type: use the event type of a variant, or write `#[event]` for \
             all of them"
        );
    }
}

/// `==` in a constant.
const fn is_equal(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut same = 0;
    while same < left.len() && same < right.len() && left[same] == right[same] {
        same += 1;
    }
    same == left.len() && same == right.len()
}
