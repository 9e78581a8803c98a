//! What keeps a service from starting with the handlers that it has.

use std::fmt;

use super::Handler;

/// One thing that is wrong. The text names every handler concerned with its place.
#[derive(Clone, Debug)]
pub(crate) enum Problem {
    NoHandlers,
    /// Only of a handler that was added at run time: the attributes do not compile with such a name.
    BadName {
        handler: &'static Handler,
        flaw: String,
    },
    /// Several handlers with one name. Which one should answer is not ours to choose.
    Duplicate {
        handlers: Vec<&'static Handler>,
    },
    MissingState {
        state: &'static str,
        handlers: Vec<&'static Handler>,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHandlers => formatter.write_str(
                "no `#[command]` or `#[event]` handlers are linked into this binary\n  \
                 help: if they live in another crate, add `use that_crate as _;`",
            ),
            Self::BadName { handler, flaw } => write!(
                formatter,
                "the name of {} `{}` {flaw}: {}\n  help: a name has 1 to 200 ASCII letters, digits, `_`, `-` and `.`",
                handler.kind,
                handler.name.escape_debug(),
                handler.place()
            ),
            Self::Duplicate { handlers } => duplicate(formatter, handlers),
            Self::MissingState { state, handlers } => missing_state(formatter, state, handlers),
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
        write!(formatter, "{separator}{}", handler.place())?;
    }
    write!(formatter, " and {}", last.place())
}

fn missing_state(formatter: &mut fmt::Formatter<'_>, state: &str, handlers: &[&Handler]) -> fmt::Result {
    write!(formatter, "state `{state}` was never provided, but is needed by")?;
    for handler in handlers {
        write!(formatter, "\n  {} `{}`: {}", handler.kind, handler.name, handler.place())?;
    }
    write!(formatter, "\n  help: provide a value of that type with `.state(value)` before the service runs")
}
