//! A Kafka client for tests: topics and the state of the cluster. `produce.rs` writes records, `read.rs` reads them.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::task::{Context, Waker};
use std::time::{Duration, SystemTime};

use rdkafka::ClientConfig;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication, TopicResult,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::FromClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode;

use crate::produce::Producer;
use crate::wait_until;

/// The timeout of one request to a broker that may be electing a leader.
pub(crate) const REQUEST: Duration = Duration::from_secs(5);
/// The timeout of everything that a healthy cluster does; it is generous because the machine may be loaded.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Talks to any Kafka cluster, also to one that this crate did not start. Connections are made at first use.
pub struct Client {
    bootstrap: String,
    settings: Vec<(String, String)>,
    pub(crate) producer: OnceLock<Producer>,
    admin: OnceLock<AdminClient<DefaultClientContext>>,
    metadata: OnceLock<BaseConsumer>,
    /// Idle consumers that are already connected: a new one takes half a second to its first record.
    pub(crate) readers: Mutex<Vec<BaseConsumer>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Client").field(&self.bootstrap).finish()
    }
}

impl Client {
    /// A client for the brokers `host:port,...`.
    pub fn new(bootstrap: impl Into<String>) -> Self {
        Self {
            bootstrap: bootstrap.into(),
            settings: Vec::new(),
            producer: OnceLock::new(),
            admin: OnceLock::new(),
            metadata: OnceLock::new(),
            readers: Mutex::default(),
        }
    }

    /// Adds a librdkafka property for all of its connections.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The brokers, `host:port,...`.
    #[must_use]
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Creates a topic with a unique name, and returns the name.
    #[must_use]
    pub fn new_topic(&self, prefix: &str, partitions: i32) -> String {
        let name = unique(prefix);
        self.create_topic(&name, partitions);
        name
    }

    /// Creates a topic with the cluster's default replication, and waits until every partition has a leader.
    ///
    /// # Panics
    /// Panics when the broker rejects the request, or at the deadline.
    pub fn create_topic(&self, name: &str, partitions: i32) {
        self.create_topic_with(name, partitions, &[]);
    }

    /// [`Client::create_topic`] with topic settings such as `("retention.ms", "1000")`.
    ///
    /// # Panics
    /// Panics when the broker rejects the request, or at the deadline.
    pub fn create_topic_with(&self, name: &str, partitions: i32, settings: &[(&str, &str)]) {
        const BROKER_DEFAULT: TopicReplication<'_> = TopicReplication::Fixed(-1);
        let topic = NewTopic::new(name, partitions, BROKER_DEFAULT);
        let topic = settings.iter().fold(topic, |topic, &(key, value)| topic.set(key, value));
        let results = block_on("the topic to be created", self.admin().create_topics([&topic], &options()));
        expect_topics(results, "create");
        wait_until(PATIENCE, "a leader for every partition of the new topic", || {
            let leaders = self.leaders(name);
            if leaders.len() == usize::try_from(partitions).unwrap_or(0) && leaders.iter().all(Option::is_some) {
                return Ok(());
            }
            Err(leaders)
        });
    }

    /// Changes settings of a topic. Settings that are not named go back to their defaults.
    ///
    /// # Panics
    /// Panics when the broker rejects the request, or at the deadline.
    pub fn alter_topic(&self, name: &str, settings: &[(&str, &str)]) {
        let topic = AlterConfig::new(ResourceSpecifier::Topic(name));
        let topic = settings.iter().fold(topic, |topic, &(key, value)| topic.set(key, value));
        let results = block_on("the topic to be altered", self.admin().alter_configs([&topic], &options()));
        for result in results.unwrap_or_else(|error| panic!("cannot alter topic {name}: {error}")) {
            assert!(result.is_ok(), "cannot alter topic {name}: {result:?}");
        }
    }

    /// Deletes a topic, and waits until it is gone.
    ///
    /// # Panics
    /// Panics when the broker rejects the request, or at the deadline.
    pub fn delete_topic(&self, name: &str) {
        let results = block_on("the topic to be deleted", self.admin().delete_topics(&[name], &options()));
        expect_topics(results, "delete");
        wait_until(PATIENCE, "the topic to be gone", || !self.topic_exists(name));
    }

    /// Whether the topic exists.
    #[must_use]
    pub fn topic_exists(&self, name: &str) -> bool {
        !self.leaders(name).is_empty()
    }

    /// The leader of each partition, `None` for a partition without a leader; empty if the topic does not exist.
    #[must_use]
    pub fn leaders(&self, topic: &str) -> Vec<Option<i32>> {
        let Ok(metadata) = self.metadata().fetch_metadata(Some(topic), REQUEST) else { return Vec::new() };
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
        let mut leaders: Vec<_> = partitions.map(|partition| (partition.id(), partition.leader())).collect();
        leaders.sort_unstable();
        leaders.into_iter().map(|(_, leader)| (leader >= 0).then_some(leader)).collect()
    }

    /// Waits until the topic exists, and returns its number of partitions.
    pub(crate) fn partitions(&self, topic: &str) -> i32 {
        wait_until(PATIENCE, &format!("topic {topic} to exist"), || {
            i32::try_from(self.leaders(topic).len()).ok().filter(|&count| count > 0)
        })
    }

    pub(crate) fn metadata(&self) -> &BaseConsumer {
        self.metadata.get_or_init(|| create(&self.config()))
    }

    fn admin(&self) -> &AdminClient<DefaultClientContext> {
        self.admin.get_or_init(|| create(&self.config()))
    }

    /// The settings that every client of this broker needs, also for clients that a test creates itself.
    #[must_use]
    pub fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        // Reconnect to a restarted broker at once, and do not log that it is down.
        config.set("reconnect.backoff.max.ms", "500").set("log.connection.close", "false");
        config.extend(self.settings.iter().cloned());
        config
    }
}

/// A name that is unique among tests, processes and runs.
#[must_use]
pub fn unique(prefix: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let since_epoch = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis();
    format!("{prefix}-{since_epoch:x}-{:x}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Creates a client from a configuration that this crate wrote.
#[track_caller]
pub(crate) fn create<T: FromClientConfig>(config: &ClientConfig) -> T {
    config.create().unwrap_or_else(|error| panic!("librdkafka rejects the client's configuration: {error}"))
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE))
}

/// Blocks without a runtime, so that it works in plain tests and inside tokio's.
#[track_caller]
fn block_on<T>(what: &str, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    wait_until(PATIENCE, what, || future.as_mut().poll(&mut context))
}

#[track_caller]
fn expect_topics(results: KafkaResult<Vec<TopicResult>>, what: &str) {
    let results = results.unwrap_or_else(|error| panic!("cannot {what} the topic: {error}"));
    for result in results {
        if let Err((topic, code)) = result {
            panic!("cannot {what} topic {topic}: {code}");
        }
    }
}

/// Whether the error is transient: leaders, coordinators and connections move in these tests.
pub(crate) fn is_transient(error: &KafkaError) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::DestroyBroker
                | Code::OperationTimedOut
                | Code::RequestTimedOut
                | Code::Resolve
                | Code::WaitingForCoordinator
                | Code::CoordinatorLoadInProgress
                | Code::CoordinatorNotAvailable
                | Code::NotCoordinator
                | Code::NotLeaderForPartition
                | Code::LeaderNotAvailable
                | Code::ReplicaNotAvailable
                | Code::UnknownLeaderEpoch
                | Code::FencedLeaderEpoch
                | Code::UnknownTopicOrPartition
                | Code::UnknownTopic
                | Code::UnknownPartition
        )
    )
}
