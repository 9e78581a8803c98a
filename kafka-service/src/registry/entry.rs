//! One handler as it was written: what the attribute macro says about a function, in a constant.

use std::{fmt, time::Duration};

use crate::handler::{Context, EventType, Invocation, StateNeed};

/// What calls a function: arguments out of the message, then the function.
pub type Invoke = dyn Fn(&Context<'_>) -> Invocation + Send + Sync;

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
    pub(crate) invoke: &'static Invoke,
    pub(crate) module: &'static str,
    pub(crate) function: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) doc: &'static str,
    pub(crate) describe: fn(&mut Description),
    /// A plain `fn`: it runs on the blocking pool and cannot be cancelled.
    pub(crate) blocking: bool,
    /// The only topic whose messages it takes, consumed beside the configured ones; none if it takes those of all topics of
    /// its kind.
    pub(crate) topic: Option<&'static str>,
    /// Instead of `KAFKA_HANDLER_TIMEOUT`.
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Retry,
}

/// What a handler asks for instead of the configured retries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Retry {
    pub(crate) attempts: Option<u32>,
    /// The least and the most.
    pub(crate) backoff: Option<(Duration, Duration)>,
    pub(crate) deadline: Option<Duration>,
}

/// What a handler's types say about it.
#[derive(Clone, Debug, Default)]
pub struct Description {
    /// The states that its extractors are made of; a state stands here as often as it is needed.
    pub(crate) needs: Vec<StateNeed>,
    /// The payload's type; empty if the handler takes none.
    pub(crate) payload: &'static str,
    /// The command that the payload says it is, if it derives `Command`.
    pub(crate) command: Option<&'static str>,
    /// The topic that the payload says it is sent to.
    pub(crate) command_topic: Option<&'static str>,
    /// The event types that the payload's `Command` promises as an answer.
    pub(crate) replies: Vec<EventType>,
    /// Every event type that it can return.
    pub(crate) event_types: Vec<EventType>,
    /// The return type.
    pub(crate) returns: &'static str,
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
            retry: Retry { attempts: None, backoff: None, deadline: None },
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

    /// It takes the messages of this topic and of no other.
    #[must_use]
    pub const fn topic(self, topic: &'static str) -> Self {
        Self { topic: Some(topic), ..self }
    }

    /// How long one attempt may take, in milliseconds.
    #[must_use]
    pub const fn timeout(self, millis: u64) -> Self {
        Self { timeout: Some(Duration::from_millis(millis)), ..self }
    }

    /// How many attempts there are in all.
    #[must_use]
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.retry.attempts = Some(attempts);
        self
    }

    /// The least and the most that the pause between attempts is drawn from, in milliseconds.
    #[must_use]
    pub const fn backoff(mut self, least: u64, most: u64) -> Self {
        self.retry.backoff = Some((Duration::from_millis(least), Duration::from_millis(most)));
        self
    }

    /// No attempt begins later than this after the first, in milliseconds.
    #[must_use]
    pub const fn retry_deadline(mut self, millis: u64) -> Self {
        self.retry.deadline = Some(Duration::from_millis(millis));
        self
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
        // A closure is known by its place only.
        let separator = if module.is_empty() { "" } else { "::" };
        write!(formatter, "`{module}{separator}{function}` ({file}:{line})")
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} `{}`: {}", self.kind, self.name, self.place())
    }
}
