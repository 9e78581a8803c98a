//! Checks for the unit tests of a program whose handlers are registered by attributes.
//!
//! A handler needs nothing from this module: it is a function, and a test calls it. Arguments that a test cannot
//! construct directly come from a [`message`](message()), or a [`publisher`](publisher()) that records. The compiler cannot see whether all handlers of a program are
//! linked, agree with each other, and get the states that they need. The service reports this at startup; a test
//! reports it earlier:
//!
//! ```standalone_crate
//! # use kafka_service::{State, command};
//! # #[derive(Clone)]
//! # struct Users;
//! # #[derive(serde::Deserialize)]
//! # struct CreateUser {}
//! # #[command("create_user")]
//! # async fn create_user(_: State<Users>, _: CreateUser) {}
//! # #[command("delete_user")]
//! # async fn delete_user() {}
//! // In a `#[test]` of the program:
//! kafka_service::testing::check_handlers().state::<Users>().expect_commands(["create_user", "delete_user"]).assert();
//! ```
//!
//! A test sees the handlers that are linked into it. Handlers of the crate under test are always linked if the test is
//! in that crate (`#[cfg(test)] mod tests`). A test in `tests/`, and a program that uses nothing else of a crate with
//! handlers, needs `use that_crate as _;`. [`expect_commands`] finds a missing line of this kind.

mod message;
mod published;

use std::any::TypeId;

pub use self::{
    message::{Message, message},
    published::{Published, PublishedMessage, publisher},
};

use crate::{
    config::Config,
    handler::{Classifiers, ErrorClass, HandlerError},
    registry::{self, ExpectedHandler, Kind},
    service::completed_classifiers,
};

/// Creates a check of all handlers of this program, with the rules that apply when a service starts.
///
/// # Examples
///
/// ```standalone_crate
/// use kafka_service::{State, command, testing};
///
/// #[derive(Clone)]
/// struct Clock;
///
/// #[command("what_time")]
/// async fn what_time(_: State<Clock>, _: ()) {}
///
/// testing::check_handlers().state::<Clock>().assert();
/// let problems = testing::check_handlers().problems();
/// assert!(problems[0].contains("::Clock` was never provided, but is needed by\n  command `what_time`"), "{problems:?}");
/// ```
pub fn check_handlers() -> HandlerCheck {
    HandlerCheck { states: Vec::new(), config: None, expected: Vec::new() }
}

/// Panics unless each of these commands has a handler in this program. The message names the closest handlers and says
/// what to do if a crate is not linked.
///
/// # Panics
///
/// Panics if a command has no handler.
///
/// # Examples
///
/// ```
/// # use kafka_service::command;
/// # #[command("create_user")]
/// # async fn create_user() {}
/// # #[command("delete_user")]
/// # async fn delete_user() {}
/// kafka_service::testing::expect_commands(["create_user", "delete_user"]);
/// ```
#[track_caller]
pub fn expect_commands<I: IntoIterator<Item: AsRef<str>>>(names: I) {
    report("missing handlers", &missing(&ExpectedHandler::all(Kind::Command, names).collect::<Vec<_>>()));
}

/// Panics unless each of these event types has a handler in this program. Like [`expect_commands`].
///
/// # Panics
///
/// Panics if an event type has no handler.
///
/// # Examples
///
/// ```should_panic
/// // Nothing in this program handles events.
/// kafka_service::testing::expect_events(["not.consumed"]);
/// ```
#[track_caller]
pub fn expect_events<I: IntoIterator<Item: AsRef<str>>>(types: I) {
    report("missing handlers", &missing(&ExpectedHandler::all(Kind::Event, types).collect::<Vec<_>>()));
}

/// Returns what a service does after a handler has failed with this error: what is stated where the error occurs, with
/// [`permanent`](crate::ResultExt::permanent) or [`retry_after`](crate::ResultExt::retry_after), else what
/// [`#[derive(Classify)]`](derive@crate::Classify) says about its type.
///
/// The option `permanent` of a handler is not asked, nor is [`KafkaService::classify`](crate::KafkaService::classify): for that
/// use [`KafkaService::class_of`](crate::KafkaService::class_of).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use kafka_service::{Classify, ErrorClass, HandlerError, testing::class_of};
///
/// #[derive(Debug, thiserror::Error, Classify)]
/// enum UserError {
///     #[error("the name `{0}` is taken")]
///     #[permanent]
///     NameTaken(String),
///     #[error("too many requests")]
///     #[retry_after("1m")]
///     TooMany,
/// }
///
/// assert_eq!(class_of(UserError::NameTaken("Ada".into())), ErrorClass::Permanent);
/// assert_eq!(class_of(UserError::TooMany), ErrorClass::RetryAfter(Duration::from_secs(60)));
/// // What is stated where the error occurs takes precedence; what nothing classifies is retryable.
/// assert_eq!(class_of(HandlerError::permanent(UserError::TooMany)), ErrorClass::Permanent);
/// assert_eq!(class_of("sold out"), ErrorClass::Retryable);
/// ```
#[must_use]
pub fn class_of(error: impl Into<HandlerError>) -> ErrorClass {
    completed_classifiers(Classifiers::default()).class(&error.into())
}

/// A check of all handlers of this program, from [`check_handlers`].
#[derive(Clone, Debug)]
#[must_use = "nothing is checked until `assert` or `problems` is called"]
pub struct HandlerCheck {
    states: Vec<TypeId>,
    config: Option<Config>,
    expected: Vec<ExpectedHandler>,
}

impl HandlerCheck {
    /// Declares a state of this type: one that the program passes to `.state(value)`.
    pub fn state<T: Clone + Send + Sync + 'static>(mut self) -> Self {
        self.states.push(TypeId::of::<T>());
        self
    }

    /// Sets the configuration that the options of handlers are checked against. It is checked too. Without it, the
    /// default configuration is used.
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// Requires a handler for each of these commands. There may be others.
    pub fn expect_commands<I: IntoIterator<Item: AsRef<str>>>(mut self, names: I) -> Self {
        self.expected.extend(ExpectedHandler::all(Kind::Command, names));
        self
    }

    /// Requires a handler for each of these event types. There may be others.
    pub fn expect_events<I: IntoIterator<Item: AsRef<str>>>(mut self, types: I) -> Self {
        self.expected.extend(ExpectedHandler::all(Kind::Event, types));
        self
    }

    /// Returns the problems, one message each; messages name handlers with file and line. Empty if the check passes.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(Err(error)) = self.config.as_ref().map(Config::validate) {
            problems.push(error.to_string());
        }
        let default = Config::new("test");
        let config = self.config.as_ref().unwrap_or(&default);
        let found = registry::check(registry::linked(), |state| self.states.contains(&state), config);
        problems.extend(found.problems.iter().map(ToString::to_string));
        problems.extend(missing(&self.expected));
        problems
    }

    /// Panics with the list of all problems, if there are any.
    ///
    /// # Panics
    ///
    /// Panics if there is any problem.
    #[track_caller]
    pub fn assert(self) {
        report("handler check failed", &self.problems());
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "this is how a test fails")]
fn report(what: &str, problems: &[String]) {
    if !problems.is_empty() {
        let list: String = problems.iter().map(|problem| format!("\n- {problem}")).collect();
        panic!("{what}{list}");
    }
}

/// The expected handlers that this program does not have.
fn missing(expected: &[ExpectedHandler]) -> Vec<String> {
    registry::missing(expected, registry::linked()).iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unlinked_handler_is_named_with_a_suggestion() {
        // The handlers of this test program are in `handler/expansion_tests.rs`.
        let problems = check_handlers().state::<String>().expect_commands(["test_ping", "test_pong"]).problems();
        let [problem] = problems.as_slice() else { panic!("one is missing: {problems:#?}") };
        assert!(problem.starts_with(
            "no handler for command `test_pong` in this program\n  closest: `test_ping`, `kafka_service::"
        ));
        assert!(problem.contains("expansion_tests.rs:"), "{problem}");
        assert!(problem.contains("\n  commands with a handler: ") && problem.contains("`test_ping`"), "{problem}");
        assert!(problem.ends_with("help: if the handler is in another crate, link it: `use that_crate as _;`"));
    }

    #[test]
    fn an_event_handler_does_not_count_as_a_command_handler() {
        let problems = check_handlers().state::<String>().expect_events(["test_ping"]).problems();
        let [problem] = problems.as_slice() else { panic!("one is missing: {problems:#?}") };
        assert!(
            problem.starts_with("no handler for event `test_ping` in this program\n  events with a handler: "),
            "{problem}"
        );
    }

    #[test]
    fn a_correct_program_passes_and_its_config_is_checked() {
        let check = check_handlers().state::<String>().expect_commands(["test_ping"]);
        check.clone().assert();
        let mut config = Config::new("test");
        config.max_in_flight = 0;
        let problems = check.config(config).problems();
        assert!(
            problems[0].starts_with("invalid configuration") && problems[0].contains("max_in_flight"),
            "{problems:?}"
        );
    }

    #[test]
    #[should_panic(expected = "missing handlers\n- no handler for command `no_such_command` in this program")]
    fn an_expected_command_without_a_handler_is_a_panic() {
        expect_commands(["no_such_command"]);
    }

    #[test]
    #[should_panic(expected = "handler check failed\n- state `alloc::string::String` was never")]
    fn a_missing_state_is_a_panic() {
        check_handlers().assert();
    }
}
