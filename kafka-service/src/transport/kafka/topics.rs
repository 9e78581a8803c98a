//! The topics that a service needs: checks whether they exist, and creates them.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication, TopicResult},
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError, RDKafkaErrorCode},
    metadata::Metadata,
    types::RDKafkaRespErr,
};

use super::{client_config::describe, producer::KafkaProducer, quiet::QuietContext, tokens::ClientTokens};
use crate::{config::Redaction, transport::NeededTopic};

const PATIENCE: Duration = Duration::from_secs(5);
/// The timeout of one request to the brokers. A shutdown waits for it. A late answer is requested again: the client
/// keeps connecting in the meantime.
const QUESTION: Duration = Duration::from_secs(1);
/// The pause before topics are created again.
const AGAIN: Duration = Duration::from_secs(1);

/// The result of a check of the topics.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) missing: Vec<&'a NeededTopic>,
    /// Those that the clients are not authorized to describe.
    pub(super) denied: Vec<&'a NeededTopic>,
}

/// Why a topic was not created.
pub(super) struct NotCreated {
    pub(super) topic: String,
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
        match state(&metadata)? {
            State::Exists => {}
            State::Missing => result.missing.push(topic),
            State::Denied => result.denied.push(topic),
        }
    }
    Ok(result)
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
pub(super) async fn create_for(producer: Weak<KafkaProducer>, creator: TopicCreator, topics: Vec<String>) {
    let topics: Arc<[String]> = topics.into();
    let mut reported = String::new();
    loop {
        let Some(producer) = producer.upgrade() else { return };
        let asked = Arc::clone(&topics);
        // A short call that blocks. The producer may end there too, which also blocks.
        let missing = tokio::task::spawn_blocking(move || missing(&producer, &asked)).await;
        match missing {
            Ok(Ok(missing)) => {
                let missing: Vec<_> = missing.iter().map(String::as_str).collect();
                let problems = creator.create(&missing).await;
                let Some(problem) = problems.into_iter().next() else { return };
                if reported != problem.cause {
                    let NotCreated { topic, cause, .. } = problem;
                    tracing::warn!(topic, error = cause, "cannot create missing topic; trying again");
                    reported = cause;
                }
            }
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

/// Creates topics with a client of its own.
pub(super) struct TopicCreator {
    pub(super) config: ClientConfig,
    pub(super) tokens: ClientTokens,
    pub(super) redaction: Redaction,
}

impl TopicCreator {
    /// Creates topics with the broker's defaults for partitions and replication. Returns those that were not created.
    pub(super) async fn create(&self, missing: &[&str]) -> Vec<NotCreated> {
        let failed = |cause: String| {
            let not_created =
                |topic: &&str| NotCreated { topic: (*topic).to_owned(), cause: cause.clone(), is_denied: false };
            missing.iter().map(not_created).collect()
        };
        if missing.is_empty() {
            return Vec::new();
        }
        let context = QuietContext(self.redaction.clone());
        let admin: AdminClient<QuietContext> = match self.config.create_with_context(context) {
            Ok(admin) => admin,
            Err(error) => return failed(describe(&error, &self.redaction)),
        };
        let _attached = self.tokens.attach(admin.inner());
        let topics: Vec<_> =
            missing.iter().map(|topic| NewTopic::new(topic, -1, TopicReplication::Fixed(-1))).collect();
        let options = AdminOptions::new().operation_timeout(Some(PATIENCE)).request_timeout(Some(PATIENCE));
        match admin.create_topics(&topics, &options).await {
            Ok(results) => results.into_iter().filter_map(not_created).collect(),
            Err(error) => failed(error.to_string()),
        }
    }
}

fn not_created(result: TopicResult) -> Option<NotCreated> {
    match result {
        Ok(topic) => {
            tracing::info!(topic, "topic created");
            None
        }
        // Another instance was faster.
        Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => None,
        Err((topic, code)) => {
            let denied = [RDKafkaErrorCode::TopicAuthorizationFailed, RDKafkaErrorCode::ClusterAuthorizationFailed];
            let is_denied = denied.contains(&code);
            let cause = if is_denied { code.to_string() } else { format!("cannot create topic `{topic}`: {code}") };
            Some(NotCreated { topic, cause, is_denied })
        }
    }
}
