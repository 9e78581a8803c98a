//! A client for tests: topics and the state of the cluster. Writing is in `produce.rs`, reading back in `read.rs`.

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

/// One request to a broker that may just be electing a leader.
pub(crate) const REQUEST: Duration = Duration::from_secs(5);
/// Everything that a healthy cluster does; a loaded machine needs more than one would think.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Talks to any Kafka, also to one that this crate did not start. Connections are made when first used.
pub struct Client {
    bootstrap: String,
    settings: Vec<(String, String)>,
    pub(crate) producer: OnceLock<Producer>,
    admin: OnceLock<AdminClient<DefaultClientContext>>,
    metadata: OnceLock<BaseConsumer>,
    /// Consumers that have connected and read nothing now: a new one takes half a second to its first record.
    pub(crate) readers: Mutex<Vec<BaseConsumer>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Client").field(&self.bootstrap).finish()
    }
}

impl Client {
    /// A client for these brokers (`host:port,...`).
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

    /// Adds a setting of librdkafka for all of its connections.
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

    /// Creates a topic with a name of its own, and returns the name.
    #[must_use]
    pub fn new_topic(&self, prefix: &str, partitions: i32) -> String {
        let name = unique(prefix);
        self.create_topic(&name, partitions);
        name
    }

    /// Creates a topic with the cluster's default replication, and waits until every partition has a leader.
    ///
    /// # Panics
    /// When the broker refuses, or at the deadline.
    pub fn create_topic(&self, name: &str, partitions: i32) {
        self.create_topic_with(name, partitions, &[]);
    }

    /// [`Client::create_topic`] with topic settings such as `("retention.ms", "1000")`.
    ///
    /// # Panics
    /// When the broker refuses, or at the deadline.
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

    /// Changes settings of a topic; those that are not named are as for a new one.
    ///
    /// # Panics
    /// When the broker refuses, or at the deadline.
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
    /// When the broker refuses, or at the deadline.
    pub fn delete_topic(&self, name: &str) {
        let results = block_on("the topic to be deleted", self.admin().delete_topics(&[name], &options()));
        expect_topics(results, "delete");
        wait_until(PATIENCE, "the topic to be gone", || !self.topic_exists(name));
    }

    /// Whether the broker knows this topic.
    #[must_use]
    pub fn topic_exists(&self, name: &str) -> bool {
        !self.leaders(name).is_empty()
    }

    /// The leader of each partition, `None` where none is alive; empty when the topic does not exist.
    #[must_use]
    pub fn leaders(&self, topic: &str) -> Vec<Option<i32>> {
        let Ok(metadata) = self.metadata().fetch_metadata(Some(topic), REQUEST) else { return Vec::new() };
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
        let mut leaders: Vec<_> = partitions.map(|partition| (partition.id(), partition.leader())).collect();
        leaders.sort_unstable();
        leaders.into_iter().map(|(_, leader)| (leader >= 0).then_some(leader)).collect()
    }

    /// Waits for the topic to exist, and returns how many partitions it has.
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

    /// The least that every client of this broker needs; also for clients that a test makes itself.
    #[must_use]
    pub fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        // A broker that was killed and restarted is found again at once, and its absence is no news.
        config.set("reconnect.backoff.max.ms", "500").set("log.connection.close", "false");
        config.extend(self.settings.iter().cloned());
        config
    }
}

/// A name that no other test, process or run uses.
#[must_use]
pub fn unique(prefix: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let since_epoch = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis();
    format!("{prefix}-{since_epoch:x}-{:x}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A client from a configuration that this crate wrote.
#[track_caller]
pub(crate) fn create<T: FromClientConfig>(config: &ClientConfig) -> T {
    config.create().unwrap_or_else(|error| panic!("librdkafka refuses the client's configuration: {error}"))
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE))
}

/// Needs no runtime, so that it works in plain tests and inside tokio's alike.
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

/// Whether asking again may help: leaders, coordinators and connections move in these tests.
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
