//! One handler as written: what the attribute macro knows about a function, in a constant.

use std::{fmt, time::Duration};

use super::RetryOptions;
use crate::handler::{Context, Description, Invocation};

/// Calls a function: extracts its arguments from the message, then calls it.
pub type Invoke = dyn Fn(&Context<'_>) -> Invocation + Send + Sync;

/// What a handler reacts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// A request to this service.
    Command,
    /// Something that happened, published by a service.
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
    /// The other event types of the same function: those of an enum.
    pub(crate) other_names: &'static [&'static str],
    /// Whether this is a copy for one of the other names, which differs in nothing but the name.
    pub(crate) repeats: bool,
    pub(crate) invoke: &'static Invoke,
    pub(crate) module: &'static str,
    pub(crate) function: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) doc: &'static str,
    pub(crate) describe: fn(&mut Description),
    /// Whether it is a plain `fn`, which runs on the blocking pool and cannot be cancelled.
    pub(crate) blocking: bool,
    /// The only topic whose messages it takes, consumed in addition to the configured ones. `None` if it takes those of
    /// all topics of its kind.
    pub(crate) topic: Option<&'static str>,
    /// Overrides `KAFKA_HANDLER_TIMEOUT`.
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: RetryOptions,
}

impl Handler {
    /// A handler for the command of this name.
    #[must_use]
    pub const fn command(name: &'static str, invoke: &'static Invoke) -> Self {
        Self::new(Kind::Command, name, invoke)
    }

    /// A handler for events of this type.
    #[must_use]
    pub const fn event(event_type: &'static str, invoke: &'static Invoke) -> Self {
        Self::new(Kind::Event, event_type, invoke)
    }

    const fn new(kind: Kind, name: &'static str, invoke: &'static Invoke) -> Self {
        Self {
            kind,
            name,
            other_names: &[],
            repeats: false,
            invoke,
            module: "",
            function: "",
            file: "",
            line: 0,
            doc: "",
            describe: |_| {},
            blocking: false,
            topic: None,
            timeout: None,
            retry: RetryOptions { attempts: None, backoff: None, deadline: None },
        }
    }

    /// Adds the other event types of the function.
    #[must_use]
    pub(super) const fn also(self, other_names: &'static [&'static str]) -> Self {
        Self { other_names, ..self }
    }

    /// The copies for the other names.
    pub(super) fn copies(&self) -> impl Iterator<Item = Self> {
        self.other_names.iter().map(|&name| Self { name, other_names: &[], repeats: true, ..*self })
    }

    /// Sets where the function is defined.
    #[must_use]
    pub const fn at(self, module: &'static str, function: &'static str, file: &'static str, line: u32) -> Self {
        Self { module, function, file, line, ..self }
    }

    /// Sets the doc comment of the function.
    #[must_use]
    pub const fn doc(self, doc: &'static str) -> Self {
        Self { doc, ..self }
    }

    /// Sets how to describe the types of the function.
    #[must_use]
    pub const fn describe(self, describe: fn(&mut Description)) -> Self {
        Self { describe, ..self }
    }

    /// Marks the function as a plain `fn`.
    #[must_use]
    pub const fn blocking(self) -> Self {
        Self { blocking: true, ..self }
    }

    /// Restricts the handler to the messages of this topic.
    #[must_use]
    pub const fn topic(self, topic: &'static str) -> Self {
        Self { topic: Some(topic), ..self }
    }

    /// Sets the timeout of one attempt, in milliseconds.
    #[must_use]
    pub const fn timeout(self, millis: u64) -> Self {
        Self { timeout: Some(Duration::from_millis(millis)), ..self }
    }

    /// Sets the total number of attempts.
    #[must_use]
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.retry.attempts = Some(attempts);
        self
    }

    /// Sets the bounds of the backoff between attempts, in milliseconds.
    #[must_use]
    pub const fn backoff(mut self, least: u64, most: u64) -> Self {
        self.retry.backoff = Some((Duration::from_millis(least), Duration::from_millis(most)));
        self
    }

    /// Sets the time after the first attempt until which another may start, in milliseconds.
    #[must_use]
    pub const fn retry_deadline(mut self, millis: u64) -> Self {
        self.retry.deadline = Some(Duration::from_millis(millis));
        self
    }

    /// Returns what the types of the function say.
    pub(crate) fn description(&self) -> Description {
        let mut description = Description::default();
        (self.describe)(&mut description);
        description
    }

    /// Function and source location as messages show them: `` `shop::orders::create` (src/orders.rs:12) ``.
    pub(crate) fn location(&self) -> impl fmt::Display + '_ {
        SourceLocation(self)
    }

    /// The path of the function: `shop::orders::create`.
    pub(crate) fn path(&self) -> impl fmt::Display + '_ {
        FunctionPath(self)
    }
}

struct SourceLocation<'a>(&'a Handler);

impl fmt::Display for SourceLocation<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Handler { file, line, .. } = self.0;
        write!(formatter, "`{}` ({file}:{line})", self.0.path())
    }
}

struct FunctionPath<'a>(&'a Handler);

impl fmt::Display for FunctionPath<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Handler { module, function, .. } = self.0;
        // A closure has only a source location.
        let separator = if module.is_empty() { "" } else { "::" };
        write!(formatter, "{module}{separator}{function}")
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} `{}`: {}", self.kind, self.name, self.location())
    }
}
