//! The service: what a program builds, starts and stops.

mod check;
mod handle;
mod run;
mod start;
mod watch;

pub use self::{handle::ServiceHandle, watch::HealthWatch};

use crate::{config::Config, error::Error, handler::States};

/// A Kafka microservice: the handlers of this program, with a configuration and the states that they need.
///
/// # Examples
///
/// ```no_run
/// use kafka_service::{Event, KafkaService, command};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize)]
/// struct CreateUser { name: String }
///
/// #[derive(Serialize, Event)]
/// #[event("user.created", key = name)]
/// struct UserCreated { name: String }
///
/// #[command("create_user")]
/// async fn create_user(command: CreateUser) -> UserCreated {
///     UserCreated { name: command.name }
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), kafka_service::Error> {
///     KafkaService::from_env()?.run().await
/// }
/// ```
#[derive(Debug)]
#[must_use = "a service does nothing until it is run or started"]
pub struct KafkaService {
    config: Config,
    states: States,
}

impl KafkaService {
    /// A service that is configured by `KAFKA_*` environment variables; see [`config`](crate::config).
    ///
    /// # Errors
    ///
    /// [`Error::Config`] names every bad variable, its value and what is allowed, all at once.
    pub fn from_env() -> Result<Self, Error> {
        Ok(Self::new(Config::from_env()?))
    }

    /// A service with a configuration made in code.
    pub fn new(config: Config) -> Self {
        Self { config, states: States::default() }
    }

    /// Provides a value to the handlers that take [`State<T>`](crate::State). One value for each type; each handler gets a
    /// clone, so values that are not cheap to clone go into an `Arc`.
    pub fn state<T: Clone + Send + Sync + 'static>(mut self, state: T) -> Self {
        self.states.insert(state);
        self
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }
}
