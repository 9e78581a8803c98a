//! The handlers of this program: collected from every linked crate, checked once, then only looked up. Also the error types
//! that classify themselves.

mod check;
mod entry;
mod error_type;
mod expected;
mod name;
mod named;
mod problem;
mod retry_options;
mod routes;

use std::sync::OnceLock;

pub(crate) use self::{
    check::check,
    entry::Kind,
    error_type::error_types,
    expected::{ExpectedHandler, missing},
    problem::HandlerProblem,
    retry_options::RetryOptions,
    routes::{RouteId, Routes},
};
pub use self::{
    entry::{Handler, Invoke},
    error_type::ErrorType,
    named::{command_of, event_in, event_of},
};

inventory::collect!(Handler);

/// The handlers that the attribute macros registered, in the order in which the linker left them, then the copies of those
/// with several names: after this, a handler has one name.
pub(crate) fn linked() -> impl Iterator<Item = &'static Handler> {
    static COPIES: OnceLock<Vec<Handler>> = OnceLock::new();
    let entries = || inventory::iter::<Handler>.into_iter();
    entries().chain(COPIES.get_or_init(|| entries().flat_map(Handler::copies).collect()))
}

/// All handlers, in order: commands first, then events, each sorted by name.
#[derive(Debug)]
pub(crate) struct Registry {
    sorted: Vec<&'static Handler>,
}

impl Registry {
    /// Builds the table, or returns everything that is wrong with it.
    pub(crate) fn from_handlers(
        handlers: impl IntoIterator<Item = &'static Handler>,
    ) -> Result<Self, Vec<HandlerProblem>> {
        let mut sorted: Vec<_> = handlers.into_iter().collect();
        sorted.sort_by_key(|handler| (handler.kind, handler.name));
        let problems = check::names(&sorted);
        if problems.is_empty() { Ok(Self { sorted }) } else { Err(problems) }
    }

    /// All handlers: commands first, then events, each sorted by name.
    pub(crate) fn handlers(&self) -> impl Iterator<Item = &'static Handler> {
        self.sorted.iter().copied()
    }

    /// The first handler of this name.
    #[cfg(test)]
    pub(crate) fn get(&self, kind: Kind, name: &str) -> Option<&'static Handler> {
        self.handlers().find(|handler| handler.kind == kind && handler.name == name)
    }
}

/// The handler with the name closest to an unknown one, if it is close enough to be what was meant.
pub(crate) fn closest(name: &str, handlers: impl Iterator<Item = &'static Handler>) -> Option<&'static Handler> {
    let wanted = letters(name);
    let distance = |handler: &&Handler| strsim::damerau_levenshtein(&wanted, &letters(handler.name));
    let near = handlers.map(|handler| (distance(&handler), handler));
    let near = near.filter(|(distance, _)| *distance <= (wanted.chars().count() / 4).max(1));
    // Deterministic if two are equally close.
    near.min_by_key(|(distance, handler)| (*distance, handler.name)).map(|(_, handler)| handler)
}

/// A name reduced to what all spellings share: `CreateUser`, `create-user` and `create_user` are the same.
fn letters(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
