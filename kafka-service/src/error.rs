//! [`Error`]: why a service did not start, or did not end well.

use std::fmt;

use crate::{config::ConfigError, health::Problem};

/// Why a service did not start, or did not end well.
///
/// `Debug` prints the same text as `Display`, because that is what Rust prints when `main` returns an error.
#[non_exhaustive]
pub enum Error {
    /// The configuration is wrong; every problem is named.
    Config(ConfigError),
    /// The handlers or states are wrong; every problem is named.
    Start(Vec<String>),
    /// The Kafka client, or the embedded broker, could not be created.
    Client(String),
    /// The service was not ready in time; every reason is named. It goes on trying.
    NotReady(Vec<Problem>),
    /// The service ended by itself, because it could not go on without breaking a promise.
    Failed(String),
    /// The service stopped at its deadline and left commands in flight. They are uncommitted, so they are redelivered.
    Incomplete {
        /// Commands whose handlers still ran, or whose events were not acknowledged.
        commands: usize,
        /// Events and dead letters that the broker did not acknowledge.
        unacknowledged: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(formatter),
            Self::Start(problems) => list(formatter, "the service cannot start", problems),
            Self::Client(reason) => write!(formatter, "cannot create the Kafka client: {reason}"),
            Self::NotReady(problems) => list(formatter, "the service is not ready yet", problems),
            Self::Failed(reason) => write!(formatter, "the service failed: {reason}"),
            Self::Incomplete { commands, unacknowledged } => write!(
                formatter,
                "shutdown deadline exceeded: {commands} commands in flight (will be redelivered), {unacknowledged} records \
                 unacknowledged; increase KAFKA_SHUTDOWN_DEADLINE or lower the timeout of the handlers"
            ),
        }
    }
}

fn list(formatter: &mut fmt::Formatter<'_>, what: &str, problems: &[impl fmt::Display]) -> fmt::Result {
    write!(formatter, "{what}")?;
    problems.iter().try_for_each(|problem| write!(formatter, "\n- {problem}"))
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

// Without a `source`: `Display` says all that is known, and what prints the chain of an error would print it twice.
impl std::error::Error for Error {}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as StdError;

    use super::*;
    use crate::{config::Features, health::Reason, publish::PublishError};

    fn wrong_config() -> ConfigError {
        let variables = [("KAFKA_MAX_IN_FLIGHT".into(), "many".into())];
        crate::Config::read(variables, |_| Ok(String::new()), "orders", Features::compiled()).unwrap_err()
    }

    /// What `anyhow` prints with `{:#}`, and below each other when `main` returns an error.
    fn chain(error: &(dyn StdError + 'static)) -> Vec<String> {
        std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect()
    }

    #[test]
    fn an_error_does_not_repeat_its_source() {
        let config = || wrong_config();
        let text = || "text".to_owned();
        let problem =
            || Problem { reason: Reason::Stalled, since: std::time::SystemTime::now(), cause: text(), help: text() };
        let errors: Vec<Box<dyn StdError>> = vec![
            Box::new(config()),
            Box::new(Error::Config(config())),
            Box::new(Error::Start(vec![text()])),
            Box::new(Error::Client(text())),
            Box::new(Error::NotReady(vec![problem()])),
            Box::new(Error::Failed(text())),
            Box::new(Error::Incomplete { commands: 1, unacknowledged: 2 }),
            Box::new(PublishError::Disabled { event_type: text() }),
        ];
        for error in errors {
            let chain = chain(error.as_ref());
            for (number, outer) in chain.iter().enumerate() {
                let inner = chain[number + 1..].iter().find(|inner| outer.contains(inner.as_str()));
                assert_eq!(inner, None, "printed twice: {chain:#?}");
            }
        }
    }
}
