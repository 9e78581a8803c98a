//! The topics that a service needs: checks whether they exist, and creates them.

use std::time::Duration;

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError, RDKafkaErrorCode},
    types::RDKafkaRespErr,
};

use super::{client_config::describe, producer::KafkaProducer, quiet::QuietContext, tokens::ClientTokens};
use crate::{config::Redaction, transport::NeededTopic};

const PATIENCE: Duration = Duration::from_secs(5);
/// The timeout of one request to the brokers. A shutdown waits for it. A late answer is requested again: the client
/// keeps connecting in the meantime.
const QUESTION: Duration = Duration::from_secs(1);

/// The result of a check of the topics.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) missing: Vec<&'a NeededTopic>,
    /// Those that the clients are not authorized to describe.
    pub(super) denied: Vec<&'a NeededTopic>,
}

/// Why a topic was not created.
pub(super) struct NotCreated<'a> {
    pub(super) topic: &'a NeededTopic,
    pub(super) cause: String,
    /// Whether the permission to create it is missing.
    pub(super) is_denied: bool,
}

/// Checks whether the topics exist. Each client asks for those that it will use, so that the producer is connected too
/// when its first record is sent.
pub(super) fn find<'a, C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    producer: &KafkaProducer,
    needed: &'a [NeededTopic],
) -> Result<Found<'a>, KafkaError> {
    let mut result = Found::default();
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
            Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) => result.missing.push(topic),
            Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) => result.denied.push(topic),
            Some(error) => return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::from(error))),
        }
    }
    Ok(result)
}

/// Creates topics with the broker's defaults for partitions and replication. Returns those that were not created.
pub(super) async fn create<'a>(
    config: &ClientConfig,
    tokens: &ClientTokens,
    missing: &[&'a NeededTopic],
    redaction: &Redaction,
) -> Vec<NotCreated<'a>> {
    let failed = |cause: String| {
        missing.iter().map(|topic| NotCreated { topic, cause: cause.clone(), is_denied: false }).collect()
    };
    let admin: AdminClient<QuietContext> = match config.create_with_context(QuietContext(redaction.clone())) {
        Ok(admin) => admin,
        Err(error) => return failed(describe(&error, redaction)),
    };
    let _attached = tokens.attach(admin.inner());
    let topics: Vec<_> =
        missing.iter().map(|topic| NewTopic::new(&topic.name, -1, TopicReplication::Fixed(-1))).collect();
    let options = AdminOptions::new().operation_timeout(Some(PATIENCE)).request_timeout(Some(PATIENCE));
    let results = match admin.create_topics(&topics, &options).await {
        Ok(results) => results,
        Err(error) => return failed(error.to_string()),
    };
    let mut problems = Vec::new();
    for result in results {
        match result {
            Ok(topic) => tracing::info!(topic, "topic created"),
            // Another instance was faster.
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => {
                let denied = [RDKafkaErrorCode::TopicAuthorizationFailed, RDKafkaErrorCode::ClusterAuthorizationFailed];
                let is_denied = denied.contains(&code);
                let cause = if is_denied { code.to_string() } else { format!("cannot create topic `{name}`: {code}") };
                let topic = missing.iter().find(|topic| topic.name == name);
                problems.extend(topic.map(|topic| NotCreated { topic, cause, is_denied }));
            }
        }
    }
    problems
}
