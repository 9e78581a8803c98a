//! Asks for what a type of the user may not have: describes the types of a handler, by traits that they may not implement.
//!
//! A registration describes the user's types without requiring anything of them, so that one mistake in a handler is
//! one compiler error: that of the call. On a concrete type, Rust prefers the functions of an `impl` whose bounds hold.
//! Otherwise the trait [`Undescribed`] supplies what is known about any type.

use std::{any::type_name, error::Error, marker::PhantomData};

use super::{
    Command, Context, DecodeError, Event, EventType, FromContext, IntoEvents, IntoOutcome, Needs, Payload, decode,
    decode_by_type,
};

/// What the types of a handler say about it.
#[derive(Clone, Debug, Default)]
pub struct Description {
    /// What its extractors need.
    pub(crate) needs: Needs,
    /// The type of the payload; empty if the handler takes none.
    pub(crate) payload: &'static str,
    /// The command that the payload type names, if it derives `Command`.
    pub(crate) command: Option<&'static str>,
    /// The topic that the payload type is sent to.
    pub(crate) command_topic: Option<&'static str>,
    /// The event types that the payload's `Command` promises as a reply.
    pub(crate) replies: Vec<EventType>,
    /// Every event type that it can return.
    pub(crate) event_types: Vec<EventType>,
    /// The return type.
    pub(crate) returns: &'static str,
}

/// A placeholder for a type of the user.
#[derive(Debug)]
pub struct Probe<T: ?Sized>(PhantomData<T>);

impl<T: FromContext> Probe<T> {
    /// Records the states that an extractor needs.
    pub fn extractor(description: &mut Description) {
        T::needs(&mut description.needs);
    }
}

impl<T: Command> Probe<T> {
    /// Records the type of the payload and the command that it names.
    pub fn payload(description: &mut Description) {
        description.payload = type_name::<T>();
        description.command = Some(T::NAME);
        description.command_topic = T::TOPIC;
        T::Reply::event_types(&mut description.replies);
    }
}

impl<T: IntoOutcome<Events: IntoEvents>> Probe<T> {
    /// Records the event types that a return type can hold.
    pub fn returns(description: &mut Description) {
        description.returns = type_name::<T>();
        T::Events::event_types(&mut description.event_types);
    }
}

impl<T: Event> Probe<T> {
    /// The event types that the variants decode. `None` if the type is not decoded by its event type.
    pub const VARIANTS: Option<&'static [&'static str]> = T::VARIANTS;

    /// Decodes the payload of an event.
    ///
    /// # Errors
    ///
    /// Returns an error if the payload is not that of this event.
    #[inline]
    pub fn decode(context: &Context<'_>) -> Result<T, DecodeError>
    where
        T: Payload,
    {
        decode_by_type(context)
    }
}

impl<T: Error + 'static> Probe<T> {
    /// Returns a field that is an error.
    #[must_use]
    pub fn error(field: &T) -> Option<&(dyn Error + 'static)> {
        Some(field)
    }
}

/// The fallbacks for a type that implements none of the traits.
pub trait Undescribed {
    /// The probed type.
    type Type: ?Sized;

    /// A payload that is not an event: it is not decoded by its event type.
    const VARIANTS: Option<&'static [&'static str]> = None;

    /// Decodes the payload of an event.
    ///
    /// # Errors
    ///
    /// Returns an error if the payload is not of this type.
    #[inline]
    fn decode(context: &Context<'_>) -> Result<Self::Type, DecodeError>
    where
        Self::Type: Payload,
    {
        decode(context)
    }

    /// An argument that is not an extractor: the call reports the error.
    fn extractor(_: &mut Description) {}

    /// Records the type of the payload.
    fn payload(description: &mut Description) {
        description.payload = type_name::<Self::Type>();
    }

    /// Returns nothing for a field that is not an error.
    #[must_use]
    fn error(_: &Self::Type) -> Option<&(dyn Error + 'static)> {
        None
    }

    /// Records a return type that is not an outcome: the call reports the error.
    fn returns(description: &mut Description) {
        description.returns = type_name::<Self::Type>();
    }
}

impl<T: ?Sized> Undescribed for Probe<T> {
    type Type = T;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::State;

    struct NoExtractor;

    #[test]
    fn a_probe_reads_only_what_the_type_has() {
        let mut description = Description::default();
        Probe::<State<u32>>::extractor(&mut description);
        Probe::<NoExtractor>::extractor(&mut description);
        Probe::<NoExtractor>::payload(&mut description);
        Probe::<NoExtractor>::returns(&mut description);
        assert_eq!(description.needs.states.len(), 1);
        assert!(description.payload.ends_with("::NoExtractor"));
        assert_eq!(description.payload, description.returns);
        Probe::<Result<(), std::io::Error>>::returns(&mut description);
        assert!(description.returns.starts_with("core::result::Result<()"));
        assert!(description.event_types.is_empty());
    }
}
