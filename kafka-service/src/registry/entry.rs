//! One handler as it was written: what the attribute macro says about a function, in a constant.

use std::fmt;

use crate::handler::{Context, Invocation, StateNeed};

/// What a handler reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// A request to this service.
    Command,
    /// A fact that a service published.
    Event,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Command => "command",
            Self::Event => "event",
        })
    }
}

/// A registered handler.
pub struct Handler {
    pub(crate) kind: Kind,
    pub(crate) name: &'static str,
    pub(crate) invoke: fn(&Context<'_>) -> Invocation,
    pub(crate) module: &'static str,
    pub(crate) function: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) doc: &'static str,
    pub(crate) describe: fn(&mut Description),
    /// A plain `fn`: it runs on the blocking pool and cannot be cancelled.
    pub(crate) blocking: bool,
}

/// What a handler's types say about it.
#[derive(Clone, Debug, Default)]
pub struct Description {
    /// The states that its extractors are made of; a state stands here as often as it is needed.
    pub(crate) needs: Vec<StateNeed>,
    /// The payload's type; empty if the handler takes none.
    pub(crate) payload: &'static str,
    /// Every event type that it can publish.
    pub(crate) event_types: Vec<&'static str>,
    /// The return type.
    pub(crate) returns: &'static str,
}

impl Handler {
    /// A handler for the command of this name.
    #[must_use]
    pub const fn command(name: &'static str, invoke: fn(&Context<'_>) -> Invocation) -> Self {
        Self::new(Kind::Command, name, invoke)
    }

    const fn new(kind: Kind, name: &'static str, invoke: fn(&Context<'_>) -> Invocation) -> Self {
        Self {
            kind,
            name,
            invoke,
            module: "",
            function: "",
            file: "",
            line: 0,
            doc: "",
            describe: |_| {},
            blocking: false,
        }
    }

    /// Where the function stands.
    #[must_use]
    pub const fn at(self, module: &'static str, function: &'static str, file: &'static str, line: u32) -> Self {
        Self { module, function, file, line, ..self }
    }

    /// The function's doc comment.
    #[must_use]
    pub const fn doc(self, doc: &'static str) -> Self {
        Self { doc, ..self }
    }

    /// How to read the function's types.
    #[must_use]
    pub const fn describe(self, describe: fn(&mut Description)) -> Self {
        Self { describe, ..self }
    }

    /// The function is a plain `fn`.
    #[must_use]
    pub const fn blocking(self) -> Self {
        Self { blocking: true, ..self }
    }

    /// What the function's types say.
    pub(crate) fn description(&self) -> Description {
        let mut description = Description::default();
        (self.describe)(&mut description);
        description
    }

    /// Function and source position as they stand in messages: `` `shop::orders::create` (src/orders.rs:12) ``.
    pub(crate) fn place(&self) -> impl fmt::Display + '_ {
        Place(self)
    }
}

struct Place<'a>(&'a Handler);

impl fmt::Display for Place<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Handler { module, function, file, line, .. } = self.0;
        write!(formatter, "`{module}::{function}` ({file}:{line})")
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} `{}`: {}", self.kind, self.name, self.place())
    }
}
