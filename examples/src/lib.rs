//! What the examples share: log lines, and a reader in the role of the *other* programs, those that read what a service
//! publishes. A service itself needs none of this.

use std::{
    io::IsTerminal,
    sync::Arc,
    time::{Duration, Instant},
};

use kafka_service::ServiceHandle;
use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    message::Headers,
};
use serde_json::Value;
use tokio::task::spawn_blocking;

/// What can go wrong, as text for people.
pub type Problem = Box<dyn std::error::Error + Send + Sync>;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Writes log lines to standard error: those of this level and above, or what `RUST_LOG` asks for.
pub fn log(level: &str) {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let colours = std::io::stderr().is_terminal();
    fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).with_target(false).init();
}

/// A record that was read.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its value, as text.
    pub value: String,
    /// Its headers.
    pub headers: Vec<(String, String)>,
}

impl Received {
    /// The value as JSON; `null` if it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.value).unwrap_or_default()
    }

    /// A header's text; empty if there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// Reads topics from their current end, without a consumer group.
#[expect(missing_debug_implementations, reason = "the client has none")]
pub struct Reader {
    consumer: Arc<BaseConsumer>,
}

impl Reader {
    /// Looks up where the topics end. What is written after this returns will be read.
    ///
    /// # Errors
    ///
    /// If the broker does not answer or a topic does not exist.
    pub async fn from_now(bootstrap: &str, topics: &[&str]) -> Result<Self, Problem> {
        let bootstrap = bootstrap.to_owned();
        let topics: Vec<_> = topics.iter().map(|&topic| topic.to_owned()).collect();
        // This client blocks, so it runs beside the runtime.
        let consumer = spawn_blocking(move || consumer(&bootstrap, &topics)).await??;
        Ok(Self { consumer: Arc::new(consumer) })
    }

    /// Reads what a service publishes from now on to its default topics: events and dead letters.
    ///
    /// # Errors
    ///
    /// If the broker does not answer or a topic does not exist.
    pub async fn answers_of(service: &ServiceHandle) -> Result<Self, Problem> {
        Self::from_now(service.bootstrap_servers(), &["service_events", "service_commands-dlq"]).await
    }

    /// The next record.
    ///
    /// # Errors
    ///
    /// If none comes within five seconds, or the client fails for good.
    pub async fn expect(&self) -> Result<Received, Problem> {
        self.next(Duration::from_secs(5)).await?.ok_or_else(|| "nothing was published within 5 s".into())
    }

    /// The next record, or `None` if none comes in time.
    ///
    /// # Errors
    ///
    /// If the client fails for good.
    pub async fn next(&self, within: Duration) -> Result<Option<Received>, Problem> {
        let consumer = Arc::clone(&self.consumer);
        spawn_blocking(move || poll(&consumer, within)).await?
    }
}

fn consumer(bootstrap: &str, topics: &[String]) -> Result<BaseConsumer, Problem> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "kafka-service-examples-reader")
        .set("enable.auto.commit", "false")
        .set("fetch.wait.max.ms", "50")
        .create()?;
    let mut positions = TopicPartitionList::new();
    for topic in topics {
        let metadata = consumer.fetch_metadata(Some(topic), TIMEOUT).map_err(|error| {
            format!("no answer from {bootstrap}: {error}; is KAFKA_BOOTSTRAP_SERVERS right and the broker running?")
        })?;
        let found = metadata.topics().first().filter(|found| found.error().is_none());
        let found = found.ok_or_else(|| format!("topic `{topic}` does not exist at {bootstrap}"))?;
        for partition in found.partitions() {
            let (_, end) = consumer.fetch_watermarks(topic, partition.id(), TIMEOUT)?;
            positions.add_partition_offset(topic, partition.id(), Offset::Offset(end))?;
        }
    }
    consumer.assign(&positions)?;
    Ok(consumer)
}

fn poll(consumer: &BaseConsumer, within: Duration) -> Result<Option<Received>, Problem> {
    let until = Instant::now() + within;
    loop {
        match consumer.poll(until.saturating_duration_since(Instant::now())) {
            Some(Ok(record)) => return Ok(Some(received(&record))),
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => return Err(error.into()),
            None if Instant::now() >= until => return Ok(None),
            Some(Err(_)) | None => {}
        }
    }
}

fn received(record: &impl Message) -> Received {
    let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
    let headers = record
        .headers()
        .map(|headers| headers.iter().map(|header| (header.key.to_owned(), text(header.value))).collect::<Vec<_>>());
    Received { value: text(record.payload()), headers: headers.unwrap_or_default() }
}
