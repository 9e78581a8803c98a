//! What prevents a service from starting with its handlers.

use std::fmt;

use super::{Handler, Kind};

/// One problem. Its text names every handler concerned with its source location.
#[derive(Clone, Debug)]
pub(crate) enum HandlerProblem {
    NoHandlers,
    /// Only for handlers added at run time: the attributes do not compile with such a name.
    BadName {
        handler: &'static Handler,
        flaw: String,
    },
    /// Several handlers with the same name. The framework does not choose between them.
    Duplicate {
        handlers: Vec<&'static Handler>,
    },
    MissingState {
        state: &'static str,
        handlers: Vec<&'static Handler>,
    },
    /// A handler that messages of its own payload type do not reach.
    OtherCommand {
        handler: &'static Handler,
        payload: &'static str,
        command: &'static str,
    },
    /// Promised replies that the handler never returns, so senders wait in vain.
    BrokenPromise {
        handler: &'static Handler,
        payload: &'static str,
        missing: Vec<&'static str>,
        published: Vec<&'static str>,
    },
    /// One event type with several Rust types, each with the handlers that publish it.
    SharedEvent {
        event: &'static str,
        types: Vec<(&'static str, Vec<&'static Handler>)>,
    },
    /// A handler that the program expects to have.
    Missing {
        kind: Kind,
        name: String,
        closest: Option<&'static Handler>,
        /// The handlers of this kind.
        names: Vec<&'static str>,
    },
    /// An option that contradicts another one or the configuration.
    Option {
        handler: &'static Handler,
        what: String,
        help: &'static str,
    },
}

impl HandlerProblem {
    /// What is wrong, without the help.
    pub(crate) fn what(&self) -> String {
        What(self).to_string()
    }

    /// What to do about it, unless the text already says so.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::NoHandlers => Some("if they are in another crate, link it: `use that_crate as _;`".to_owned()),
            Self::Missing { .. } => {
                Some("if the handler is in another crate, link it: `use that_crate as _;`".to_owned())
            }
            Self::BadName { .. } => Some("use 1 to 200 ASCII letters, digits, `_`, `-` and `.`".to_owned()),
            Self::Duplicate { .. } => None,
            Self::MissingState { state, .. } if state.starts_with("alloc::sync::Arc<") => Some(
                "provide it with `.state(Arc::new(value))` before the service runs; the value without the `Arc` is another type"
                    .to_owned(),
            ),
            Self::MissingState { .. } => {
                Some("provide a value of that type with `.state(value)` before the service runs".to_owned())
            }
            Self::OtherCommand { .. } => {
                Some("use `#[command]` without a name, or the same name in both `#[command(..)]` attributes".to_owned())
            }
            Self::BrokenPromise { payload, .. } => {
                Some(format!("return the event that `reply = ..` of the payload `{payload}` names, or change `reply`"))
            }
            Self::SharedEvent { .. } => {
                Some("use one type for this event, or give the others another name: `#[event(\"..\")]`".to_owned())
            }
            Self::Option { help, .. } => Some((*help).to_owned()),
        }
    }
}

impl fmt::Display for HandlerProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        What(self).fmt(formatter)?;
        self.help().map_or(Ok(()), |help| write!(formatter, "\n  help: {help}"))
    }
}

/// A problem without its help.
struct What<'a>(&'a HandlerProblem);

impl fmt::Display for What<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            HandlerProblem::NoHandlers => {
                formatter.write_str("no `#[command]` or `#[event]` handlers are linked into this binary")
            }
            HandlerProblem::BadName { handler, flaw } => write!(formatter, "the name of {} {flaw}", Subject(handler)),
            HandlerProblem::Duplicate { handlers } => duplicate(formatter, handlers),
            HandlerProblem::MissingState { state, handlers } => missing_state(formatter, state, handlers),
            HandlerProblem::OtherCommand { handler, payload, command } => write!(
                formatter,
                "{} has payload type `{payload}`, whose command name is `{command}`; commands named `{command}` never \
                 reach this handler",
                Subject(handler)
            ),
            HandlerProblem::BrokenPromise { handler, missing, published, .. } => {
                write!(formatter, "{} declares the reply {} but returns ", Subject(handler), NameList(missing))?;
                match published.as_slice() {
                    [] => formatter.write_str("no event"),
                    some => write!(formatter, "only {}", NameList(some)),
                }
            }
            HandlerProblem::SharedEvent { event, types } => shared_event(formatter, event, types),
            HandlerProblem::Missing { kind, name, closest, names } => missing(formatter, *kind, name, *closest, names),
            HandlerProblem::Option { handler, what, .. } => write!(formatter, "{} {what}", Subject(handler)),
        }
    }
}

fn duplicate(formatter: &mut fmt::Formatter<'_>, handlers: &[&Handler]) -> fmt::Result {
    let [first, .., last] = handlers else { return Ok(()) };
    write!(formatter, "{} `{}` is registered ", first.kind, first.name)?;
    if let Some(topic) = first.topic {
        write!(formatter, "for topic `{topic}` ")?;
    }
    match handlers.len() {
        2 => write!(formatter, "twice: ")?,
        times => write!(formatter, "{times} times: ")?,
    }
    for (position, handler) in handlers[..handlers.len() - 1].iter().enumerate() {
        let separator = if position == 0 { "" } else { ", " };
        write!(formatter, "{separator}{}", handler.location())?;
    }
    write!(formatter, " and {}", last.location())
}

fn missing_state(formatter: &mut fmt::Formatter<'_>, state: &str, handlers: &[&Handler]) -> fmt::Result {
    write!(formatter, "state `{state}` was never provided, but is needed by")?;
    handlers.iter().try_for_each(|handler| write!(formatter, "\n  {}", NamedHandler(handler)))
}

fn shared_event(formatter: &mut fmt::Formatter<'_>, event: &str, types: &[(&str, Vec<&Handler>)]) -> fmt::Result {
    write!(formatter, "event `{event}` is published from {} different Rust types:", types.len())?;
    for (rust_type, handlers) in types {
        for handler in handlers {
            write!(formatter, "\n  `{rust_type}` from {}", NamedHandler(handler))?;
        }
    }
    Ok(())
}

fn missing(
    formatter: &mut fmt::Formatter<'_>,
    kind: Kind,
    name: &str,
    closest: Option<&Handler>,
    names: &[&str],
) -> fmt::Result {
    write!(formatter, "no handler for {kind} `{name}` in this program")?;
    if let Some(handler) = closest {
        write!(formatter, "\n  closest: `{}`, {}", handler.name, handler.location())?;
    }
    write!(formatter, "\n  {kind}s with a handler: ")?;
    if names.is_empty() { formatter.write_str("none") } else { write!(formatter, "{}", NameList(names)) }
}

/// A handler as the subject of a sentence.
struct Subject<'a>(&'a Handler);

impl fmt::Display for Subject<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Handler { kind, name, file, line, .. } = self.0;
        // A name given at run time may contain anything.
        write!(formatter, "{kind} `{}` (`{}`, {file}:{line})", name.escape_debug(), self.0.path())
    }
}

/// A handler as an item of a list, by its name and its source location.
struct NamedHandler<'a>(&'a Handler);

impl fmt::Display for NamedHandler<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} `{}`: {}", self.0.kind, self.0.name, self.0.location())
    }
}

/// A list of names: `` `a`, `b` ``.
struct NameList<'a>(&'a [&'a str]);

impl fmt::Display for NameList<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, name) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(formatter, "{separator}`{name}`")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{any::type_name, sync::Arc};

    use super::*;

    #[test]
    fn a_state_in_an_arc_is_another_type() {
        let help = |state| HandlerProblem::MissingState { state, handlers: Vec::new() }.help().unwrap();
        assert!(help(type_name::<Arc<String>>()).starts_with("provide it with `.state(Arc::new(value))`"));
        assert!(help(type_name::<String>()).starts_with("provide a value of that type with `.state(value)`"));
    }
}
