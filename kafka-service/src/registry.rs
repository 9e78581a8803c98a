//! The handlers of this program: collected from every linked crate, checked once, then only looked up.

mod entry;
mod problem;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

pub use self::entry::{Description, Handler, Invoke};
pub(crate) use self::{
    entry::{Kind, Retry},
    problem::Problem,
};
use crate::handler::States;

inventory::collect!(Handler);

/// Handlers by name, for every message; and in order, for people.
#[derive(Debug)]
pub(crate) struct Registry {
    sorted: Vec<&'static Handler>,
    commands: FxHashMap<&'static str, &'static Handler>,
    events: FxHashMap<&'static str, &'static Handler>,
}

impl Registry {
    /// Takes the handlers that the attribute macros registered.
    pub(crate) fn collect() -> Result<Self, Vec<Problem>> {
        Self::from_handlers(inventory::iter::<Handler>)
    }

    /// Builds the table, or says everything that is wrong with it.
    pub(crate) fn from_handlers(handlers: impl IntoIterator<Item = &'static Handler>) -> Result<Self, Vec<Problem>> {
        let mut by_name: BTreeMap<(Kind, &'static str), Vec<&'static Handler>> = BTreeMap::new();
        for handler in handlers {
            by_name.entry((handler.kind, handler.name)).or_default().push(handler);
        }
        let problems = problems(&by_name);
        if problems.is_empty() { Ok(Self::new(by_name.into_values().flatten().collect())) } else { Err(problems) }
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
        let wanted = letters(name);
        let mut best: Option<(usize, &'static str)> = None;
        for known in self.handlers().filter(|handler| handler.kind == Kind::Command).map(|handler| handler.name) {
            let distance = strsim::damerau_levenshtein(&wanted, &letters(known));
            if distance <= (wanted.chars().count() / 4).max(1) && best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, known));
            }
        }
        best.map(|(_, known)| known)
    }

    /// Every state that a handler needs and nobody provided.
    pub(crate) fn check_states(&self, states: &States) -> Vec<Problem> {
        let mut missing: BTreeMap<&'static str, Vec<&'static Handler>> = BTreeMap::new();
        for handler in self.handlers() {
            for need in handler.description().needs {
                let handlers = missing.entry(need.name).or_default();
                if !states.contains(need.id) && handlers.last().is_none_or(|last| !std::ptr::eq(*last, handler)) {
                    handlers.push(handler);
                }
            }
        }
        missing.retain(|_, handlers| !handlers.is_empty());
        missing.into_iter().map(|(state, handlers)| Problem::MissingState { state, handlers }).collect()
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

fn problems(by_name: &BTreeMap<(Kind, &'static str), Vec<&'static Handler>>) -> Vec<Problem> {
    if by_name.is_empty() {
        return vec![Problem::NoHandlers];
    }
    let several = by_name.values().filter(|handlers| handlers.len() > 1);
    several.map(|handlers| Problem::Duplicate { handlers: handlers.clone() }).collect()
}

/// A name without what people spell differently: `CreateUser`, `create-user` and `create_user` are one.
fn letters(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
