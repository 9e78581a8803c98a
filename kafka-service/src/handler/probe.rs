//! Reading traits that may not be there.
//!
//! A registration describes the user's types without asking anything of them, so that one mistake in a handler is one
//! compiler error: the call's. On a concrete type, Rust prefers the functions of an `impl` whose bounds hold; where they
//! do not, the trait [`Undescribed`] answers with what is known of any type.

use std::{any::type_name, marker::PhantomData};

use super::{Command, FromContext, IntoEvents, IntoOutcome};
use crate::registry::Description;

/// Stands for a type of the user's.
#[derive(Debug)]
pub struct Probe<T: ?Sized>(PhantomData<T>);

impl<T: FromContext> Probe<T> {
    /// Notes the states that an extractor is made of.
    pub fn extractor(description: &mut Description) {
        T::needs(&mut description.needs);
    }
}

impl<T: Command> Probe<T> {
    /// The payload's type, and which command it says it is.
    pub fn payload(description: &mut Description) {
        description.payload = type_name::<T>();
        description.command = Some(T::NAME);
        description.command_topic = T::TOPIC;
        T::Reply::event_types(&mut description.replies);
    }
}

impl<T: IntoOutcome<Events: IntoEvents>> Probe<T> {
    /// Notes the event types that a return type can hold.
    pub fn returns(description: &mut Description) {
        description.returns = type_name::<T>();
        T::Events::event_types(&mut description.event_types);
    }
}

/// The answers for a type that implements nothing.
pub trait Undescribed {
    /// The type that the probe stands for.
    type Type: ?Sized;

    /// An argument that is no extractor: the call has an error for it.
    fn extractor(_: &mut Description) {}

    /// Notes the payload's type.
    fn payload(description: &mut Description) {
        description.payload = type_name::<Self::Type>();
    }

    /// Notes a return type that is no outcome: the call has an error for it.
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
        assert_eq!(description.needs.len(), 1);
        assert!(description.payload.ends_with("::NoExtractor"));
        assert_eq!(description.payload, description.returns);
        Probe::<Result<(), std::io::Error>>::returns(&mut description);
        assert!(description.returns.starts_with("core::result::Result<()"));
        assert!(description.event_types.is_empty());
    }
}
