//! What the examples share: a small Kafka client that stands for the *other* programs, those that send commands to a
//! service and read what it publishes. A service itself needs none of this.

use std::{
    env,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    message::Headers,
    producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext},
};
use serde_json::{Value, json};

/// What can go wrong, as text for people.
pub type Problem = Box<dyn std::error::Error + Send + Sync>;

const PATIENCE: Duration = Duration::from_secs(10);

/// Writes log lines to standard error: `INFO` and above, or what `RUST_LOG` asks for.
pub fn log() {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}

/// A setting from the environment.
#[must_use]
pub fn setting(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// Where Kafka is, for the command line tools.
#[must_use]
pub fn bootstrap_servers() -> String {
    setting("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092")
}

/// A name and a JSON payload (default `{}`) from the command line.
///
/// # Errors
///
/// With how to call the program, or with what is wrong with the JSON.
pub fn arguments(usage: &str) -> Result<(String, Value), Problem> {
    let mut arguments = env::args().skip(1);
    let (name, payload) = (arguments.next(), arguments.next());
    let name = name.filter(|name| !name.starts_with('-')).ok_or_else(|| format!("usage: {usage}"))?;
    let payload = payload.unwrap_or_else(|| "{}".to_owned());
    let payload = serde_json::from_str(&payload).map_err(|error| format!("the payload is not JSON: {error}"))?;
    Ok((name, payload))
}

/// A message in the layout that all services share.
#[must_use]
pub fn message(kind: &str, correlation_id: &str, payload: &Value) -> String {
    json!({
        "type": kind,
        "correlation_id": correlation_id,
        "timestamp": jiff::Timestamp::now().to_string(),
        "payload": payload,
        "source": "kafka-service-examples",
    })
    .to_string()
}

/// Writes one record and waits until the broker has it.
///
/// # Errors
///
/// Says what the client or the broker says.
pub fn write(bootstrap: &str, topic: &str, key: &str, value: &str) -> Result<(), Problem> {
    /// Keeps the broker's answer.
    struct Answer(std::sync::Mutex<Option<Result<(), KafkaError>>>);
    impl rdkafka::ClientContext for Answer {}
    impl ProducerContext for Answer {
        type DeliveryOpaque = ();
        fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
            let result = result.as_ref().map(|_| ()).map_err(|(error, _)| error.clone());
            *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(result);
        }
    }
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("partitioner", "murmur2_random").set("linger.ms", "0");
    config.set("message.timeout.ms", "10000");
    let producer: BaseProducer<Answer> = config.create_with_context(Answer(std::sync::Mutex::new(None)))?;
    producer.send(BaseRecord::to(topic).key(key).payload(value)).map_err(|(error, _)| error)?;
    producer.flush(PATIENCE)?;
    let answer = producer.context().0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    answer.ok_or_else(|| format!("no answer from {bootstrap} within {PATIENCE:?}"))??;
    Ok(())
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
    /// The value as JSON; `null` if it is none.
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

/// Reads topics from where they end now, without a group.
#[expect(missing_debug_implementations, reason = "the client has none")]
pub struct Reader {
    consumer: BaseConsumer,
}

impl Reader {
    /// Looks up where the topics end. What is written after this returns will be read.
    ///
    /// # Errors
    ///
    /// If the broker does not answer or a topic does not exist.
    pub fn from_now(bootstrap: &str, topics: &[&str]) -> Result<Self, Problem> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("group.id", "kafka-service-examples-reader")
            .set("enable.auto.commit", "false")
            .set("fetch.wait.max.ms", "50")
            .create()?;
        let mut positions = TopicPartitionList::new();
        for topic in topics {
            let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).map_err(|error| {
                format!("no answer from {bootstrap}: {error}; is KAFKA_BOOTSTRAP_SERVERS right and the broker running?")
            })?;
            let found = metadata.topics().first().filter(|found| found.error().is_none());
            let found = found.ok_or_else(|| format!("topic `{topic}` does not exist at {bootstrap}"))?;
            for partition in found.partitions() {
                let (_, end) = consumer.fetch_watermarks(topic, partition.id(), PATIENCE)?;
                positions.add_partition_offset(topic, partition.id(), Offset::Offset(end))?;
            }
        }
        consumer.assign(&positions)?;
        Ok(Self { consumer })
    }

    /// The next record, or `None` if none comes in time.
    ///
    /// # Errors
    ///
    /// If the client fails for good.
    pub fn next(&self, within: Duration) -> Result<Option<Received>, Problem> {
        let until = Instant::now() + within;
        loop {
            match self.consumer.poll(until.saturating_duration_since(Instant::now())) {
                Some(Ok(record)) => return Ok(Some(received(&record))),
                Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => return Err(error.into()),
                None if Instant::now() >= until => return Ok(None),
                Some(Err(_)) | None => {}
            }
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
