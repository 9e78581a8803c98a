//! A publisher without a service: for programs that handle nothing.

use std::sync::Arc;

use super::connect_producer;
use crate::{
    acks::Acks,
    clock::SystemClock,
    config::{Brokers, Config},
    error::Error,
    oauth::{self, SharedProvider, TokenProvider, Tokens},
    publisher::{Publisher, PublisherShared},
    transport::TopicId,
};

const EVENTS: TopicId = TopicId(0);
const COMMANDS: TopicId = TopicId(1);

impl Publisher {
    /// Creates a publisher for a program that only publishes, such as a web server that sends commands. A program with
    /// handlers starts a service instead and uses the publisher of its [handle](crate::ServiceHandle::publisher).
    ///
    /// An unreachable broker is not an error: the client connects in the background, and publications wait until their
    /// [timeout](crate::Publication::timeout). With `KAFKA_CREATE_TOPICS=true` the events topic and the first commands topic are
    /// created when a broker is reachable, if they are missing. The first
    /// publisher or service of a process is the [global](Self::global) one. Call [`flush`](Self::flush) before the
    /// program exits; it waits for [detached](crate::Publication::detach) publications. Must be called in a tokio
    /// runtime.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use kafka_service::{Config, Publisher};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let publisher = Publisher::connect(Config::from_env()?).await?;
    /// // A handler of a web framework, with a clone of the publisher as its state:
    /// publisher.send_command("create_user", serde_json::json!({"name": "Ada"})).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Config`] if the configuration is invalid; the error lists all problems. Returns
    /// [`Error::Client`] if the Kafka client rejects its settings.
    pub async fn connect(config: Config) -> Result<Self, Error> {
        Self::connect_to(config, None).await
    }

    /// Does what [`connect`](Self::connect) does, for a cluster that requires OAUTHBEARER tokens, as
    /// [`KafkaService::token_provider`](crate::KafkaService::token_provider) describes. Problems with tokens are logged.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`connect`](Self::connect). A provider that fails is not an error.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use kafka_service::{Config, Error, Publisher, oauth::TokenProvider};
    ///
    /// async fn publisher(provider: impl TokenProvider) -> Result<Publisher, Error> {
    ///     Publisher::connect_with_tokens(Config::from_env()?, provider).await
    /// }
    /// ```
    pub async fn connect_with_tokens(config: Config, provider: impl TokenProvider) -> Result<Self, Error> {
        Self::connect_to(config, Some(SharedProvider::new(provider))).await
    }

    async fn connect_to(config: Config, provider: Option<SharedProvider>) -> Result<Self, Error> {
        config.validate_all(provider.is_some())?;
        for warning in config.warnings() {
            tracing::warn!(warning, "configuration warning");
        }
        let publisher = if config.bootstrap_servers == Brokers::Disabled {
            tracing::warn!("Kafka is disabled (KAFKA_BOOTSTRAP_SERVERS is empty); nothing is published");
            let shared =
                PublisherShared::disabled(&config.effective_group_id(), &config.service_name, config.message_id);
            Self::new(shared)
        } else {
            let tokens = match provider.filter(|_| config.bootstrap_servers != Brokers::Embedded) {
                Some(provider) => Some(oauth::start(provider, Arc::default(), Arc::new(SystemClock)).await),
                None => None,
            };
            // Creating a client and the embedded broker are short calls that block.
            let connected = tokio::task::spawn_blocking(move || connect(&config, tokens));
            connected.await.map_err(|error| Error::client("create the Kafka client", error))??
        };
        publisher.offer_as_global();
        Ok(publisher)
    }
}

fn connect(config: &Config, tokens: Option<Arc<Tokens>>) -> Result<Publisher, Error> {
    let mut topics = vec![config.events_topic.clone()];
    topics.extend(config.commands_topics.first().cloned());
    let (acks, _) = Acks::new();
    let acks = Arc::new(acks);
    let (producer, keeps) = connect_producer(config, topics, Arc::clone(&acks) as Arc<_>, tokens)?;
    let shared = PublisherShared::new(config, producer, acks, Arc::new(SystemClock), EVENTS, COMMANDS);
    Ok(Publisher::new(PublisherShared { keeps, ..shared }))
}
