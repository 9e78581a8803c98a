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
    /// A handler that messages of its own payload type do not reach.
    OtherCommand {
        handler: &'static Handler,
        payload: &'static str,
        command: &'static str,
    },
    /// Replies that senders may wait for in vain.
    BrokenPromise {
        handler: &'static Handler,
        payload: &'static str,
        missing: Vec<&'static str>,
        published: Vec<&'static str>,
    },
    /// One event type of several Rust types, each with the handlers that publish it.
    SharedEvent {
        event: &'static str,
        types: Vec<(&'static str, Vec<&'static Handler>)>,
    },
    /// An option that contradicts another one, or the configuration.
    Option {
        handler: &'static Handler,
        what: String,
        help: &'static str,
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
            Self::OtherCommand { handler, payload, command } => write!(
                formatter,
                "{} takes the payload `{payload}`, which says that it is the command `{command}`: what is sent as that \
                 does not arrive here\n  \
                 help: write `#[command]` without a name, or the same name in both `#[command(\"..\")]`",
                Named(handler)
            ),
            Self::BrokenPromise { handler, payload, missing, published } => {
                write!(formatter, "{} promises the reply {}, but can only ", Named(handler), Names(missing))?;
                match published.as_slice() {
                    [] => write!(formatter, "return no event at all")?,
                    some => write!(formatter, "return {}", Names(some))?,
                }
                write!(
                    formatter,
                    "\n  help: return what `reply = ..` of the payload `{payload}` names, or correct that"
                )
            }
            Self::SharedEvent { event, types } => shared_event(formatter, event, types),
            Self::Option { handler, what, help } => write!(formatter, "{} {what}\n  help: {help}", Named(handler)),
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
        write!(formatter, "\n  {}", Named(handler))?;
    }
    write!(formatter, "\n  help: provide a value of that type with `.state(value)` before the service runs")
}

fn shared_event(formatter: &mut fmt::Formatter<'_>, event: &str, types: &[(&str, Vec<&Handler>)]) -> fmt::Result {
    write!(formatter, "event `{event}` is {} Rust types, so its readers cannot know what they get:", types.len())?;
    for (rust_type, handlers) in types {
        for handler in handlers {
            write!(formatter, "\n  `{rust_type}` from {}", Named(handler))?;
        }
    }
    write!(
        formatter,
        "\n  help: publish one type as this event, or give the others a name of their own: `#[event(\"..\")]`"
    )
}

/// A handler by what it answers to and where it stands.
struct Named<'a>(&'a Handler);

impl fmt::Display for Named<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} `{}`: {}", self.0.kind, self.0.name, self.0.place())
    }
}

/// A list of names: `` `a`, `b` ``.
struct Names<'a>(&'a [&'a str]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, name) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(formatter, "{separator}`{name}`")?;
        }
        Ok(())
    }
}
