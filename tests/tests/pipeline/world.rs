//! A test's own topics and group on one of the brokers, and its assertions about them.

use std::borrow::Borrow;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use kafka_service::config::{Brokers, RetryPolicy};
use kafka_service::{Config, Health, KafkaService, ServiceHandle};
use kafka_service_tests::{Client, Kafka, Message, Record, unique, wait_until};
use serde_json::{Value, json};

use crate::board::Board;
use crate::handlers::Prefix;

/// Long enough for everything on a loaded machine; a passing test never waits this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The service name in these tests: the `source` of its events.
pub(crate) const SERVICE: &str = "pipeline-tests";

/// Topics, a group, and the configuration of the services that share them.
pub(crate) struct World<'a> {
    pub(crate) config: Config,
    pub(crate) board: Board,
    broker: Broker<'a>,
}

enum Broker<'a> {
    Real(&'a Client),
    /// Set after the start of the service, which brings the broker along.
    Embedded(Box<OnceLock<Client>>),
}

impl World<'static> {
    /// On the real broker that all tests share, if available.
    pub(crate) fn real(name: &str, partitions: i32) -> Option<Self> {
        Some(World::on(Kafka::shared()?, name, partitions))
    }

    /// On the embedded broker. Its topics have four partitions.
    pub(crate) fn embedded(name: &str) -> Self {
        let broker = Broker::Embedded(Box::default());
        Self { config: config(name, Brokers::Embedded), board: Board::new(1), broker }
    }
}

/// Runs a test of one service on the embedded and on the real broker, each on a thread with its name: the test must
/// hold on both. Their topics have four partitions.
pub(crate) fn on_each_broker(name: &str, test: impl AsyncFn(World<'static>) + Sync) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let worlds = [("embedded", Some(World::embedded(name))), ("real", World::real(name, 4))];
    thread::scope(|scope| {
        for (broker, world) in worlds {
            let (runtime, test) = (&runtime, &test);
            let run = || world.map(|world| runtime.block_on(test(world)));
            thread::Builder::new().name(broker.to_owned()).spawn_scoped(scope, run).expect("a thread");
        }
    });
}

impl<'a> World<'a> {
    /// On this broker, with new topics.
    pub(crate) fn on(client: &'a Client, name: &str, partitions: i32) -> Self {
        let world = Self::without_topics(client, name);
        let topics = [world.commands().to_owned(), world.events_topic().to_owned(), world.dead_letter_topic()];
        // Concurrently, because each takes a moment.
        thread::scope(|scope| {
            for topic in &topics {
                scope.spawn(|| client.create_topic(topic, partitions));
            }
        });
        world
    }

    /// On this broker, with the names of topics that do not exist.
    pub(crate) fn without_topics(client: &'a Client, name: &str) -> Self {
        let servers = Brokers::Servers(client.bootstrap().to_owned());
        Self { config: config(name, servers), board: Board::new(1), broker: Broker::Real(client) }
    }

    pub(crate) fn commands(&self) -> &str {
        &self.config.commands_topics[0]
    }

    pub(crate) fn events_topic(&self) -> &str {
        &self.config.events_topic
    }

    pub(crate) fn dead_letter_topic(&self) -> String {
        self.config.effective_dead_letter_topic(self.commands())
    }

    /// Starts a service and waits until it is ready.
    pub(crate) async fn start(&self) -> ServiceHandle {
        self.start_with(|service| service).await
    }

    /// Starts a service with additions, and waits until it is ready.
    pub(crate) async fn start_with(&self, add: impl FnOnce(KafkaService) -> KafkaService) -> ServiceHandle {
        let service = self.launch(add(self.service())).await;
        wait_until(PATIENCE, "the service to be ready", || ready(&service));
        service
    }

    /// Starts a service.
    pub(crate) async fn start_unready(&self) -> ServiceHandle {
        self.launch(self.service()).await
    }

    async fn launch(&self, service: KafkaService) -> ServiceHandle {
        let service = service.start().await.expect("the service starts");
        if let Broker::Embedded(client) = &self.broker {
            client.get_or_init(|| Client::new(service.bootstrap_servers()));
        }
        service
    }

    pub(crate) fn service(&self) -> KafkaService {
        KafkaService::new(self.config.clone()).state(self.board.clone()).state(Prefix(">"))
    }

    pub(crate) fn client(&self) -> &Client {
        match &self.broker {
            Broker::Real(client) => client,
            Broker::Embedded(client) => client.get().expect("the service is running"),
        }
    }

    /// Writes a command, and returns its partition and offset.
    pub(crate) fn send(&self, message: impl Into<Message>) -> (i32, i64) {
        self.client().produce(self.commands(), message)
    }

    pub(crate) fn send_all(&self, messages: impl IntoIterator<Item = Message>) -> Vec<(i32, i64)> {
        self.client().produce_all(self.commands(), messages)
    }

    /// Waits for so many events, and fails if there are more.
    #[track_caller]
    pub(crate) fn events(&self, count: usize) -> Vec<Record> {
        self.exactly(self.events_topic(), count)
    }

    /// Waits for so many dead letters, and fails if there are more.
    #[track_caller]
    pub(crate) fn dead_letters(&self, count: usize) -> Vec<Record> {
        self.exactly(&self.dead_letter_topic(), count)
    }

    #[track_caller]
    fn exactly(&self, topic: &str, count: usize) -> Vec<Record> {
        let records = self.client().read_count(topic, PATIENCE, count);
        assert_eq!(records.len(), count, "more records than expected on {topic}: {:?}", texts(&records));
        records
    }

    /// Waits for the one event with this correlation id.
    #[track_caller]
    pub(crate) fn answer(&self, correlation_id: &str) -> Record {
        let is_answer = |record: &Record| record.json()["correlation_id"] == correlation_id;
        let what = format!("an event with correlation id {correlation_id}");
        let records = self.client().read_until(self.events_topic(), PATIENCE, &what, |seen| seen.iter().any(is_answer));
        records.into_iter().find(is_answer).expect("it was just seen")
    }

    /// The lag of the group.
    pub(crate) fn lag(&self) -> i64 {
        self.client().lag(&self.config.effective_group_id(), self.commands())
    }

    /// Shuts down, and fails if anything was unfinished or uncommitted.
    pub(crate) async fn stop(&self, service: ServiceHandle) {
        if matches!(self.broker, Broker::Embedded(_)) {
            // The broker ends with its service, so this comes first.
            self.wait_for_commits();
            return stop(service).await;
        }
        stop(service).await;
        assert_eq!(self.lag(), 0, "a service that has stopped has committed everything");
    }

    /// Waits until everything is committed.
    #[track_caller]
    pub(crate) fn wait_for_commits(&self) {
        wait_until(PATIENCE, "everything to be committed", || match self.lag() {
            0 => Ok(()),
            lag => Err(lag),
        });
    }
}

/// The health, as an error if the service is not ready.
pub(crate) fn ready(service: &ServiceHandle) -> Result<(), Box<Health>> {
    let health = service.health();
    if health.ready { Ok(()) } else { Err(Box::new(health)) }
}

/// Shuts down, and fails if anything was unfinished.
pub(crate) async fn stop(service: ServiceHandle) {
    service.shutdown().await.expect("a clean shutdown");
}

/// Prints the log of the services, to debug a failure: `RUST_LOG=kafka_service=debug`.
fn log() {
    use tracing_subscriber::{EnvFilter, fmt};
    if let Ok(filter) = EnvFilter::try_from_default_env() {
        // The first test installs it for all of them.
        fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init().ok();
    }
}

fn config(name: &str, servers: Brokers) -> Config {
    log();
    let mut config = Config::new(SERVICE);
    config.bootstrap_servers = servers;
    config.commands_topics = vec![unique(&format!("{name}-commands"))];
    config.events_topic = unique(&format!("{name}-events"));
    config.group_id = Some(unique(&format!("{name}-group")));
    config.retry = RetryPolicy::new(3, Duration::from_millis(2), Duration::from_millis(10));
    config.shutdown_deadline = Duration::from_secs(10);
    config
}

/// A command like those of the guide's clients, without a key.
pub(crate) fn command(kind: &str, correlation_id: &str, payload: impl Borrow<Value>) -> Message {
    let value = json!({
        "type": kind, "correlation_id": correlation_id, "timestamp": "2026-11-23T17:40:00.123456",
        "payload": payload.borrow(), "source": "tests",
    });
    Message::from(value)
}

/// One field of every record's value.
pub(crate) fn member(records: &[Record], pointer: &str) -> Vec<String> {
    let text = |record: &Record| match record.json().pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "(missing)".to_owned(),
    };
    records.iter().map(text).collect()
}

/// The same in alphabetical order, because records of different partitions are unordered.
pub(crate) fn sorted_member(records: &[Record], pointer: &str) -> Vec<String> {
    let mut members = member(records, pointer);
    members.sort_unstable();
    members
}

fn texts(records: &[Record]) -> Vec<&str> {
    records.iter().map(Record::text).collect()
}
