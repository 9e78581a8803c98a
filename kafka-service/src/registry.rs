//! The handlers of this program: collected from every linked crate, checked once, then only looked up.

mod check;
mod entry;
mod problem;

use rustc_hash::FxHashMap;

pub use self::entry::{Description, Handler, Invoke};
pub(crate) use self::{
    check::check,
    entry::{Kind, Retry},
    problem::Problem,
};

inventory::collect!(Handler);

/// The handlers that the attribute macros registered, in whatever order the linker left them.
pub(crate) fn linked() -> impl Iterator<Item = &'static Handler> {
    inventory::iter::<Handler>.into_iter()
}

/// Handlers by name, for every message; and in order, for people.
#[derive(Debug)]
pub(crate) struct Registry {
    sorted: Vec<&'static Handler>,
    commands: FxHashMap<&'static str, &'static Handler>,
    events: FxHashMap<&'static str, &'static Handler>,
}

impl Registry {
    /// Builds the table, or says everything that is wrong with it.
    pub(crate) fn from_handlers(handlers: impl IntoIterator<Item = &'static Handler>) -> Result<Self, Vec<Problem>> {
        let mut sorted: Vec<_> = handlers.into_iter().collect();
        sorted.sort_by_key(|handler| (handler.kind, handler.name));
        let problems = check::names(&sorted);
        if problems.is_empty() { Ok(Self::new(sorted)) } else { Err(problems) }
    }

    fn new(sorted: Vec<&'static Handler>) -> Self {
        let (commands, events) = (table(&sorted, Kind::Command), table(&sorted, Kind::Event));
        Self { sorted, commands, events }
    }

    /// The handler for a message. This is the look-up of the hot path.
    #[inline]
    pub(crate) fn get(&self, kind: Kind, name: &str) -> Option<&'static Handler> {
        match kind {
            Kind::Command => self.commands.get(name).copied(),
            Kind::Event => self.events.get(name).copied(),
        }
    }

    /// The command whose name is nearest to an unknown one, if it is near enough to be what was meant.
    pub(crate) fn closest(&self, name: &str) -> Option<&str> {
        closest(name, self.handlers().filter(|handler| handler.kind == Kind::Command)).map(|handler| handler.name)
    }

    /// All handlers: commands first, then events, each sorted by name.
    pub(crate) fn handlers(&self) -> impl Iterator<Item = &'static Handler> {
        self.sorted.iter().copied()
    }
}

fn table(handlers: &[&'static Handler], kind: Kind) -> FxHashMap<&'static str, &'static Handler> {
    let handlers = handlers.iter().filter(|handler| handler.kind == kind);
    handlers.map(|&handler| (handler.name, handler)).collect()
}

/// The handler whose name is nearest to an unknown one, if it is near enough to be what was meant.
pub(crate) fn closest(name: &str, handlers: impl Iterator<Item = &'static Handler>) -> Option<&'static Handler> {
    let wanted = letters(name);
    let distance = |handler: &&Handler| strsim::damerau_levenshtein(&wanted, &letters(handler.name));
    let near = handlers.map(|handler| (distance(&handler), handler));
    let near = near.filter(|(distance, _)| *distance <= (wanted.chars().count() / 4).max(1));
    near.min_by_key(|(distance, _)| *distance).map(|(_, handler)| handler)
}

/// A name without what people spell differently: `CreateUser`, `create-user` and `create_user` are one.
fn letters(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
