//! Handlers that a program says it has. A handler in a crate that is not linked is missing without any other sign.

use super::{Handler, HandlerProblem, Kind, closest};

/// A handler that must exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExpectedHandler {
    kind: Kind,
    name: String,
}

impl ExpectedHandler {
    /// Several handlers of one kind.
    pub(crate) fn all<I: IntoIterator<Item: AsRef<str>>>(kind: Kind, names: I) -> impl Iterator<Item = Self> {
        names.into_iter().map(move |name| Self { kind, name: name.as_ref().to_owned() })
    }
}

/// The expected handlers that are not among these, each with the handler that may have been meant.
pub(crate) fn missing(
    expected: &[ExpectedHandler],
    handlers: impl IntoIterator<Item = &'static Handler>,
) -> Vec<HandlerProblem> {
    let mut handlers: Vec<_> = handlers.into_iter().collect();
    handlers.sort_by_key(|handler| (handler.kind, handler.name));
    let problem = |ExpectedHandler { kind, name }: &ExpectedHandler| {
        let known = handlers.iter().copied().filter(|handler| handler.kind == *kind);
        let names: Vec<_> = known.clone().map(|handler| handler.name).collect();
        let missing = !names.contains(&name.as_str());
        missing.then(|| HandlerProblem::Missing {
            kind: *kind,
            name: name.clone(),
            closest: closest(name, known),
            names,
        })
    };
    expected.iter().filter_map(problem).collect()
}
