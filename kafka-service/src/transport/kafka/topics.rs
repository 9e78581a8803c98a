//! The topics that a service needs: checks whether they exist, and creates them.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError, RDKafkaErrorCode},
    types::RDKafkaRespErr,
};

use super::{client_config::describe, producer::KafkaProducer, tokens::ClientTokens};
use crate::transport::NeededTopic;

const PATIENCE: Duration = Duration::from_secs(5);
/// The timeout of one request to the brokers. A shutdown waits for it. A late answer is requested again: the client
/// keeps connecting in the meantime.
const QUESTION: Duration = Duration::from_secs(1);

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
        match metadata.topics().first().and_then(|found| found.error()) {
            None => {}
            Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) => missing.push(topic),
            Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) => return Ok(Found::Denied(topic)),
            Some(error) => return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::from(error))),
        }
    }
    Ok(if missing.is_empty() { Found::All } else { Found::Missing(missing) })
}

/// Creates topics with the broker's defaults for partitions and replication.
pub(super) async fn create(
    config: &ClientConfig,
    tokens: &ClientTokens,
    missing: &[&NeededTopic],
) -> Result<(), String> {
    let admin: AdminClient<DefaultClientContext> = config.create().map_err(|error| describe(&error))?;
    let _attached = tokens.attach(admin.inner());
    let topics: Vec<_> =
        missing.iter().map(|topic| NewTopic::new(&topic.name, -1, TopicReplication::Fixed(-1))).collect();
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
