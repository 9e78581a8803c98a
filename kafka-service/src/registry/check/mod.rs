//! Everything that is wrong with the handlers of a program, found before the first message. Pure: the error at startup
//! and a user's unit test show the same findings.

mod events;
mod options;
mod topics;

use std::{any::TypeId, collections::BTreeMap};

use super::{Handler, HandlerProblem, Kind, name};
use crate::{config::Config, handler::Description};

/// The findings, in an order that does not depend on the linker.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Problems that prevent the service from starting.
    pub(crate) problems: Vec<HandlerProblem>,
    /// Things that work but are probably not intended.
    pub(crate) warnings: Vec<HandlerProblem>,
}

/// A handler with the description of its types.
struct Described {
    handler: &'static Handler,
    description: Description,
}

/// Checks every rule, so that all problems are reported at once. `is_provided` knows the states that the program
/// provides.
pub(crate) fn check(
    handlers: impl IntoIterator<Item = &'static Handler>,
    is_provided: impl Fn(TypeId) -> bool,
    config: &Config,
) -> Findings {
    let mut handlers: Vec<_> = handlers.into_iter().collect();
    handlers.sort_by_key(|handler| (handler.kind, handler.name, handler.file, handler.line));
    let mut findings = Findings { problems: names(&handlers), warnings: Vec::new() };
    // What holds for a function is said once, not for each of its names.
    handlers.retain(|handler| !handler.repeats);
    let described: Vec<_> =
        handlers.iter().map(|&handler| Described { handler, description: handler.description() }).collect();
    findings.problems.extend(states(&described, is_provided));
    // Two commands may share a payload on purpose.
    findings.warnings.extend(described.iter().filter_map(other_command));
    findings.problems.extend(described.iter().filter_map(events::broken_promise));
    findings.problems.extend(events::shared_names(&described));
    topics::check(&described, config, &mut findings);
    options::check(&handlers, config, &mut findings);
    findings
}

/// Names that are used more than once, and a program without handlers.
pub(super) fn names(handlers: &[&'static Handler]) -> Vec<HandlerProblem> {
    if handlers.is_empty() {
        return vec![HandlerProblem::NoHandlers];
    }
    // Handlers of the same name on different topics do not conflict.
    let mut by_name: BTreeMap<(Kind, &str, Option<&str>), Vec<&'static Handler>> = BTreeMap::new();
    for handler in handlers {
        by_name.entry((handler.kind, handler.name, handler.topic)).or_default().push(handler);
    }
    let flawed = handlers.iter().filter_map(|&handler| Some((handler, name::flaw(handler.name)?)));
    let bad_names = flawed.map(|(handler, flaw)| HandlerProblem::BadName { handler, flaw });
    let several = by_name.into_values().filter(|handlers| handlers.len() > 1);
    bad_names.chain(several.map(|handlers| HandlerProblem::Duplicate { handlers })).collect()
}

/// Every state that a handler needs and the program does not provide.
fn states(handlers: &[Described], is_provided: impl Fn(TypeId) -> bool) -> Vec<HandlerProblem> {
    let mut missing: BTreeMap<&'static str, Vec<&'static Handler>> = BTreeMap::new();
    for Described { handler, description } in handlers {
        for need in description.needs.states.iter().filter(|need| !is_provided(need.id)) {
            let handlers = missing.entry(need.name).or_default();
            if handlers.last().is_none_or(|last| !std::ptr::eq(*last, *handler)) {
                handlers.push(handler);
            }
        }
    }
    missing.into_iter().map(|(state, handlers)| HandlerProblem::MissingState { state, handlers }).collect()
}

/// A handler whose payload type names another command than the handler.
fn other_command(Described { handler, description }: &Described) -> Option<HandlerProblem> {
    let command = description.command.filter(|command| handler.kind == Kind::Command && *command != handler.name)?;
    Some(HandlerProblem::OtherCommand { handler, payload: description.payload, command })
}

#[cfg(test)]
mod tests;
