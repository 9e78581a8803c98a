//! The service: what a program builds, starts and stops.

mod acls;
mod beside;
mod check;
mod classify;
mod closures;
mod connect;
mod consumer_thread;
mod dispatcher_thread;
mod environment;
mod expect;
mod handle;
mod run;
mod settings;
mod shutdown;
mod silence;
mod stall;
mod start;
mod state_factory;
mod topics;
mod watch;

pub(crate) use self::classify::completed as completed_classifiers;
pub use self::{beside::StopSignal, closures::HandlerOptions, handle::ServiceHandle, watch::HealthWatch};

#[cfg(feature = "kafka")]
use crate::transport::kafka::{KafkaTransport as DefaultTransport, connect_producer};
#[cfg(not(feature = "kafka"))]
use crate::transport::unavailable::{Unavailable as DefaultTransport, connect_producer};
use crate::{
    config::{Config, ConfigError},
    error::Error,
    handler::{Classifiers, States},
    oauth::{SharedProvider, TokenProvider},
    registry::{ExpectedHandler, Handler},
};

use self::state_factory::StateFactory;

/// The brokers that a service uses unless it is told otherwise.
fn default_transport() -> DefaultTransport {
    DefaultTransport
}

/// A Kafka microservice: the handlers of this program, a configuration, and the states that the handlers need.
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
    /// What is wrong with the environment, until the service starts.
    environment: Option<ConfigError>,
    states: States,
    factories: Vec<StateFactory>,
    classifiers: Classifiers,
    /// The handlers that were added at run time.
    added: Vec<&'static Handler>,
    /// The handlers without which the service does not start.
    expected: Vec<ExpectedHandler>,
    token_provider: Option<SharedProvider>,
}

impl KafkaService {
    /// Creates a service that is configured by `KAFKA_*` environment variables, which [`Config`] documents.
    ///
    /// # Errors
    ///
    /// Currently never returns an error; the `Result` leaves room for one. An invalid environment is reported later, so that
    /// it is listed together with what is wrong with the handlers: by [`check`](Self::check), [`start`](Self::start) and
    /// [`run`](Self::run), as [`Error::Config`] or [`Error::Start`], with every invalid variable, its value and what is allowed.
    /// Until then the configuration is the default one.
    pub fn from_env() -> Result<Self, Error> {
        let (config, environment) = match Config::from_env() {
            Ok(config) => (config, None),
            Err(error) => (Config::new("kafka-service"), Some(error)),
        };
        Ok(Self { environment, ..Self::new(config) })
    }

    /// Creates a service with this configuration.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            environment: None,
            states: States::default(),
            factories: Vec::new(),
            classifiers: Classifiers::default(),
            added: Vec::new(),
            expected: Vec::new(),
            token_provider: None,
        }
    }

    /// Provides a value to the handlers that have [`State<T>`](crate::State) as an argument. There is one value for
    /// each type. Each call gets a clone, so put values that are expensive to clone into an `Arc`.
    pub fn state<T: Clone + Send + Sync + 'static>(mut self, state: T) -> Self {
        self.states.insert(state);
        self
    }

    /// Provides a value that is created when the service starts, such as a connection pool: `create` is called after
    /// all checks have passed, and before the first message. `create` is not called by programs or subcommands that
    /// never start the service.
    ///
    /// If it fails, [`start`](Self::start) and [`run`](Self::run) return [`Error::CreateState`], which names the type.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use kafka_service::KafkaService;
    ///
    /// #[derive(Clone)]
    /// struct Users;
    ///
    /// impl Users {
    ///     async fn connect() -> std::io::Result<Self> {
    ///         Ok(Self)
    ///     }
    /// }
    ///
    /// # async fn example() -> Result<(), kafka_service::Error> {
    /// KafkaService::from_env()?.state_with(Users::connect).run().await
    /// # }
    /// ```
    pub fn state_with<T, E, F, R>(mut self, create: F) -> Self
    where
        T: Clone + Send + Sync + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: FnOnce() -> R + Send + 'static,
        R: Future<Output = Result<T, E>> + Send,
    {
        self.factories.push(StateFactory::new(create));
        self
    }

    /// Sets where the Kafka clients get their tokens, for the SASL mechanism OAUTHBEARER. The settings that go with it are
    /// `KAFKA_SECURITY_PROTOCOL=SASL_SSL` and `KAFKA_SASL_MECHANISM=OAUTHBEARER`; other mechanisms and other sources of
    /// tokens (`KAFKA_SASL_OAUTHBEARER_METHOD=oidc`) are reported at startup.
    ///
    /// One token serves all clients of the service. The first one is fetched when the service starts, before it connects,
    /// and the next one when 80 % of the lifetime has passed. Nothing waits for the provider: if it fails, hangs, panics
    /// or returns an invalid token, the previous token stays in use and the provider is called again after 0.5 to 10
    /// seconds. Without a valid token the service is not ready, with
    /// [`Reason::TokenUnavailable`](crate::health::Reason::TokenUnavailable), and recovers when it gets one. This also
    /// holds at startup, which waits for the first answer of the provider for at most 10 seconds.
    ///
    /// The embedded broker has no authentication, so the provider is not called for it. If a provider is set twice, the
    /// last one is used.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::{io, time::Duration};
    /// use kafka_service::{KafkaService, oauth::{Token, TokenProvider}};
    ///
    /// struct FromFile;
    ///
    /// impl TokenProvider for FromFile {
    ///     type Error = io::Error;
    ///
    ///     /// A sidecar writes a new token every ten minutes.
    ///     async fn token(&self) -> io::Result<Token> {
    ///         let token = std::fs::read_to_string("/run/secrets/kafka-token")?;
    ///         Ok(Token::expiring_in(token.trim(), Duration::from_secs(600)))
    ///     }
    /// }
    ///
    /// # async fn example() -> Result<(), kafka_service::Error> {
    /// KafkaService::from_env()?.token_provider(FromFile).run().await
    /// # }
    /// ```
    pub fn token_provider(mut self, provider: impl TokenProvider) -> Self {
        self.token_provider = Some(SharedProvider::new(provider));
        self
    }

    /// Returns the configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }
}
