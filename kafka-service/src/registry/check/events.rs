//! Checks what handlers publish against what is promised, and against each other.

use std::collections::BTreeMap;

use super::{Described, HandlerProblem};
use crate::registry::{Handler, Kind};

/// A command whose payload type promises replies that its handler cannot return.
pub(super) fn broken_promise(Described { handler, description }: &Described) -> Option<HandlerProblem> {
    // With a publisher a handler can publish anything.
    if handler.kind != Kind::Command || description.needs.publisher {
        return None;
    }
    let published: Vec<_> = description.event_types.iter().map(|event| event.name).collect();
    let promised = description.replies.iter().map(|event| event.name);
    let missing: Vec<_> = promised.filter(|reply| !published.contains(reply)).collect();
    let payload = description.payload;
    (!missing.is_empty()).then_some(HandlerProblem::BrokenPromise { handler, payload, missing, published })
}

/// Event types that several Rust types have: their payloads may differ, and a consumer could not tell them apart.
pub(super) fn shared_names(handlers: &[Described]) -> Vec<HandlerProblem> {
    let mut publishers: BTreeMap<&str, BTreeMap<&str, Vec<&'static Handler>>> = BTreeMap::new();
    for Described { handler, description } in handlers {
        for event in &description.event_types {
            let types = publishers.entry(event.name).or_default();
            let handlers = types.entry(without_parameters(event.rust_type)).or_default();
            if handlers.last().is_none_or(|last| !std::ptr::eq(*last, *handler)) {
                handlers.push(handler);
            }
        }
    }
    let shared = publishers.into_iter().filter(|(_, types)| types.len() > 1);
    shared.map(|(event, types)| HandlerProblem::SharedEvent { event, types: types.into_iter().collect() }).collect()
}

/// `Changed<User>` and `Changed<Order>` are the same type to the author of the event.
fn without_parameters(rust_type: &'static str) -> &'static str {
    rust_type.split_once('<').map_or(rust_type, |(name, _)| name)
}
