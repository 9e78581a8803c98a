//! The topics that a service needs: checks whether they exist, and creates them.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError, RDKafkaErrorCode},
    metadata::Metadata,
    types::RDKafkaRespErr,
};

use super::{client_config::describe, producer::KafkaProducer};
use crate::transport::NeededTopic;

const PATIENCE: Duration = Duration::from_secs(5);
/// The timeout of one request to the brokers. A shutdown waits for it. A late answer is requested again: the client
/// keeps connecting in the meantime.
const QUESTION: Duration = Duration::from_secs(1);
/// The pause before topics are created again.
const AGAIN: Duration = Duration::from_secs(1);

/// The result of a check of the topics.
pub(super) enum Found<'a> {
    All,
    Missing(Vec<&'a NeededTopic>),
    /// This client is not authorized to describe it.
    Denied(&'a NeededTopic),
}

/// Checks whether the topics exist. Each client asks for those that it will use, so that the producer is connected too
/// when its first record is sent.
pub(super) fn find<'a, C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    producer: &KafkaProducer,
    needed: &'a [NeededTopic],
) -> Result<Found<'a>, KafkaError> {
    let mut missing = Vec::new();
    // The consumer keeps connecting while the producer is asked.
    let mut topics: Vec<_> = needed.iter().collect();
    topics.sort_by_key(|topic| topic.is_written);
    for topic in topics {
        let metadata = if topic.is_written {
            producer.metadata(&topic.name, QUESTION)?
        } else {
            consumer.fetch_metadata(Some(&topic.name), QUESTION)?
        };
        match state(&metadata)? {
            State::Exists => {}
            State::Missing => missing.push(topic),
            State::Denied => return Ok(Found::Denied(topic)),
        }
    }
    Ok(if missing.is_empty() { Found::All } else { Found::Missing(missing) })
}

/// What the brokers say about one topic.
#[derive(PartialEq, Eq)]
enum State {
    Exists,
    Missing,
    Denied,
}

fn state(metadata: &Metadata) -> Result<State, KafkaError> {
    match metadata.topics().first().and_then(|found| found.error()) {
        None => Ok(State::Exists),
        Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) => Ok(State::Missing),
        Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) => Ok(State::Denied),
        Some(error) => Err(KafkaError::MetadataFetch(RDKafkaErrorCode::from(error))),
    }
}

/// Creates the topics of a producer without a service, as soon as a broker answers. Ends early if the producer is dropped.
pub(super) async fn create_for(producer: Weak<KafkaProducer>, config: ClientConfig, topics: Vec<String>) {
    let topics: Arc<[String]> = topics.into();
    let mut reported = None;
    loop {
        let Some(producer) = producer.upgrade() else { return };
        let asked = Arc::clone(&topics);
        // A short call that blocks. The producer may end there too, which also blocks.
        let missing = tokio::task::spawn_blocking(move || missing(&producer, &asked)).await;
        match missing {
            Ok(Ok(missing)) if missing.is_empty() => return,
            Ok(Ok(missing)) => match create(&config, &missing).await {
                Ok(()) => return,
                Err(problem) if reported.as_ref() == Some(&problem) => {}
                Err(problem) => {
                    tracing::warn!(error = problem, "cannot create missing topics; trying again");
                    reported = Some(problem);
                }
            },
            // Publications wait for a broker too, and say so.
            Ok(Err(_)) => {}
            Err(_) => return,
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// The topics that do not exist. One that may not be described is none of them: a publication says so.
fn missing(producer: &KafkaProducer, topics: &[String]) -> Result<Vec<String>, KafkaError> {
    let mut missing = Vec::new();
    for topic in topics {
        if state(&producer.metadata(topic, QUESTION)?)? == State::Missing {
            missing.push(topic.clone());
        }
    }
    Ok(missing)
}

/// Creates topics with the broker's defaults for partitions and replication.
pub(super) async fn create(config: &ClientConfig, missing: &[impl AsRef<str>]) -> Result<(), String> {
    let admin: AdminClient<DefaultClientContext> = config.create().map_err(|error| describe(&error))?;
    let topics: Vec<_> =
        missing.iter().map(|topic| NewTopic::new(topic.as_ref(), -1, TopicReplication::Fixed(-1))).collect();
    let options = AdminOptions::new().operation_timeout(Some(PATIENCE)).request_timeout(Some(PATIENCE));
    let results = admin.create_topics(&topics, &options).await.map_err(|error| error.to_string())?;
    let mut problems = Vec::new();
    for result in results {
        match result {
            Ok(topic) => tracing::info!(topic, "topic created"),
            // Another instance was faster.
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, error)) => problems.push(format!("cannot create topic `{topic}`: {error}")),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
}
