//! What the extractors of a handler need.

use std::any::{TypeId, type_name};

/// What the extractors of a handler need.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// The states. A state is listed once for each use.
    pub(crate) states: Vec<StateNeed>,
    /// Whether the handler takes a publisher, so that it can publish more than it returns.
    pub(crate) publisher: bool,
}

impl Needs {
    pub(crate) fn state<T: 'static>(&mut self) {
        self.states.push(StateNeed { id: TypeId::of::<T>(), name: type_name::<T>() });
    }
}

/// A shared value that an extractor requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StateNeed {
    /// The id of the type.
    pub id: TypeId,
    /// The name of the type, for messages.
    pub name: &'static str,
}
