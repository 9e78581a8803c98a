//! The handlers of this program: collected from every linked crate, checked once, then only looked up.

mod entry;
mod name;
mod problem;
mod routes;

use std::collections::BTreeMap;

pub use self::entry::{Description, Handler, Invoke};
pub(crate) use self::{
    entry::{Kind, Retry},
    problem::Problem,
    routes::{RouteId, Routes},
};
use crate::handler::States;

inventory::collect!(Handler);

/// All handlers, in order: commands first, then events, each sorted by name.
#[derive(Debug)]
pub(crate) struct Registry {
    sorted: Vec<&'static Handler>,
}

/// What no two handlers share: kind, name, and the topic that a handler names.
type Identity = (Kind, &'static str, Option<&'static str>);

impl Registry {
    /// Takes the handlers that the attribute macros registered.
    #[cfg(test)]
    pub(crate) fn collect() -> Result<Self, Vec<Problem>> {
        Self::collect_with(&[])
    }

    /// Takes the handlers that the attribute macros registered, and those that were added at run time.
    pub(crate) fn collect_with(added: &[&'static Handler]) -> Result<Self, Vec<Problem>> {
        Self::from_handlers(inventory::iter::<Handler>.into_iter().chain(added.iter().copied()))
    }

    /// Builds the table, or says everything that is wrong with it.
    pub(crate) fn from_handlers(handlers: impl IntoIterator<Item = &'static Handler>) -> Result<Self, Vec<Problem>> {
        let mut by_name: BTreeMap<Identity, Vec<&'static Handler>> = BTreeMap::new();
        for handler in handlers {
            by_name.entry((handler.kind, handler.name, handler.topic)).or_default().push(handler);
        }
        let problems = problems(&by_name);
        if problems.is_empty() { Ok(Self { sorted: by_name.into_values().flatten().collect() }) } else { Err(problems) }
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

    /// The first handler of this name.
    #[cfg(test)]
    pub(crate) fn get(&self, kind: Kind, name: &str) -> Option<&'static Handler> {
        self.handlers().find(|handler| handler.kind == kind && handler.name == name)
    }
}

fn problems(by_name: &BTreeMap<Identity, Vec<&'static Handler>>) -> Vec<Problem> {
    if by_name.is_empty() {
        return vec![Problem::NoHandlers];
    }
    let flawed = by_name.values().flatten().filter_map(|&handler| Some((handler, name::flaw(handler.name)?)));
    let bad_names = flawed.map(|(handler, flaw)| Problem::BadName { handler, flaw });
    let several = by_name.values().filter(|handlers| handlers.len() > 1);
    bad_names.chain(several.map(|handlers| Problem::Duplicate { handlers: handlers.clone() })).collect()
}

#[cfg(test)]
mod tests;
