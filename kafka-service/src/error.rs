//! [`Error`]: why a service did not start, or stopped with an error.

use std::{error::Error as StdError, fmt};

use crate::{config::ConfigError, health::Problem, transport::ConnectError};

/// Why a service did not start, or stopped with an error.
///
/// `Display` does not repeat what [`source`](StdError::source) returns. `Debug` prints the messages of the error and of
/// all its sources, because that is what Rust prints when `main` returns an error.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration is invalid; the error lists all problems.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The handlers, or the states that they need, are invalid; the error lists all problems.
    #[error("the service cannot start{}", List(.0))]
    Start(Vec<String>),
    /// The Kafka client, the embedded broker or a thread of the service could not be created.
    #[error("cannot {action}")]
    #[non_exhaustive]
    Client {
        /// What failed, such as `create the Kafka client`.
        action: &'static str,
        /// Why.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// A value of [`KafkaService::state_with`](crate::KafkaService::state_with) could not be created.
    #[error("cannot create state `{type_name}`")]
    #[non_exhaustive]
    CreateState {
        /// The type of the value.
        type_name: &'static str,
        /// Why.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The service was not ready in time; the error lists the reasons. It keeps trying.
    #[error("the service is not ready yet{}", List(.0))]
    NotReady(Vec<Problem>),
    /// The service failed: it could not continue without breaking a delivery guarantee, or reached the
    /// dead-letter limit.
    #[error("the service failed: {0}")]
    Failed(String),
    /// What runs beside the service returned an error, or did not finish in time; see
    /// [`KafkaService::run_with`](crate::KafkaService::run_with).
    #[error("what runs beside the service failed")]
    Beside(#[source] Box<dyn StdError + Send + Sync>),
    /// The service shut down with commands still in flight at the deadline. They stay uncommitted, so they are
    /// redelivered.
    #[error(
        "shutdown deadline exceeded: {} in flight (will be redelivered), {} unacknowledged; {}",
        counted(*commands, "command"), counted(*unacknowledged, "record"), incomplete_help(*commands)
    )]
    Incomplete {
        /// Commands whose handlers were still running, or whose events were not acknowledged.
        commands: usize,
        /// Events and dead letters that the broker did not acknowledge, and detached publications that were not sent.
        unacknowledged: usize,
    },
    /// The service shut down before its deadline, because no handler was running and no broker was reachable for 5 s.
    /// The commands stay uncommitted, so they are redelivered; the publications are lost.
    #[error(
        "no broker was reachable during the shutdown: {unsent} detached publications not sent, {unacknowledged} records \
         unacknowledged, {commands} commands not finished (will be redelivered); check the brokers, \
         KAFKA_BOOTSTRAP_SERVERS and KAFKA_SECURITY_PROTOCOL"
    )]
    #[non_exhaustive]
    Unreachable {
        /// Commands whose events were not acknowledged.
        commands: usize,
        /// Events and dead letters that the broker did not acknowledge. They may have been written.
        unacknowledged: usize,
        /// [Detached](crate::Publication::detach) publications that were never sent. A publication that is awaited has an
        /// error of its own.
        unsent: usize,
    },
}

/// What to do if a shutdown takes too long. Handlers are to blame only if one was running.
fn incomplete_help(commands: usize) -> &'static str {
    match commands {
        0 => "increase KAFKA_SHUTDOWN_DEADLINE, or check why the brokers do not acknowledge",
        _ => "increase KAFKA_SHUTDOWN_DEADLINE or lower the timeout of the handlers",
    }
}

impl Error {
    /// Something that a service or a publisher needs could not be created.
    pub(crate) fn client(action: &'static str, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Client { action, source: source.into() }
    }
}

impl From<ConnectError> for Error {
    fn from(ConnectError { action, source }: ConnectError) -> Self {
        Self::Client { action, source }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)?;
        let mut source = self.source();
        while let Some(error) = source {
            write!(formatter, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

/// Problems, one a line.
struct List<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|problem| write!(formatter, "\n- {problem}"))
    }
}

/// `1 command`, `2 commands`.
fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{config::Features, health::Reason, publisher::PublishError};

    fn wrong_config() -> ConfigError {
        let variables = [("KAFKA_MAX_IN_FLIGHT".into(), "many".into())];
        crate::Config::read(variables, |_| Ok(String::new()), |_| BTreeSet::new(), "orders", Features::compiled())
            .unwrap_err()
    }

    /// What `anyhow` prints with `{:#}`, and below each other when `main` returns an error.
    fn chain(error: &(dyn StdError + 'static)) -> Vec<String> {
        std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect()
    }

    fn errors() -> Vec<Box<dyn StdError>> {
        let text = || "text".to_owned();
        let problem =
            || Problem { reason: Reason::Stalled, since: std::time::SystemTime::now(), cause: text(), help: text() };
        let refused = std::io::Error::other("no memory");
        vec![
            Box::new(wrong_config()),
            Box::new(Error::Config(wrong_config())),
            Box::new(Error::Start(vec![text()])),
            Box::new(Error::client("create the Kafka client", "no such property")),
            Box::new(Error::client("start the consumer thread", refused)),
            Box::new(Error::NotReady(vec![problem()])),
            Box::new(Error::Failed(text())),
            Box::new(Error::Incomplete { commands: 1, unacknowledged: 2 }),
            Box::new(Error::Unreachable { commands: 1, unacknowledged: 2, unsent: 3 }),
            Box::new(PublishError::Disabled { event_type: text() }),
        ]
    }

    #[test]
    fn an_error_does_not_repeat_its_source() {
        for error in errors() {
            let chain = chain(error.as_ref());
            for (number, outer) in chain.iter().enumerate() {
                let inner = chain[number + 1..].iter().find(|inner| outer.contains(inner.as_str()));
                assert_eq!(inner, None, "printed twice: {chain:#?}");
            }
        }
    }

    #[test]
    fn main_prints_an_error_with_its_sources() {
        for error in errors().into_iter().filter_map(|error| error.downcast::<Error>().ok()) {
            assert_eq!(format!("{error:?}"), chain(error.as_ref()).join(": "));
        }
        let error = Error::client("create the Kafka client", "no such property");
        assert_eq!(format!("{error:?}"), "cannot create the Kafka client: no such property");
        assert_eq!(Error::Start(vec!["a".into(), "b".into()]).to_string(), "the service cannot start\n- a\n- b");
    }

    #[test]
    fn one_is_singular() {
        let text = Error::Incomplete { commands: 1, unacknowledged: 2 }.to_string();
        assert!(text.contains(": 1 command in flight (will be redelivered), 2 records unacknowledged;"), "{text}");
    }

    #[test]
    fn a_source_keeps_its_type() {
        let error = Error::client("start the consumer thread", std::io::Error::other("no memory"));
        assert!(error.source().is_some_and(|source| source.is::<std::io::Error>()));
        assert!(Error::Config(wrong_config()).source().is_none(), "its text is the configuration error's");
    }
}
