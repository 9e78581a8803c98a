//! What librdkafka has to say, in our log: under one target, and a sentence that it repeats only now and then.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use rdkafka::{config::RDKafkaLogLevel, error::KafkaError};

/// How long the same sentence is not repeated. A broker that is away makes librdkafka say so at every attempt.
const QUIET: Duration = Duration::from_secs(30);

/// The log of one client.
#[derive(Debug)]
pub(super) struct ClientLog {
    client: &'static str,
    last: Mutex<Option<(String, Instant)>>,
}

impl ClientLog {
    pub(super) fn new(client: &'static str) -> Self {
        Self { client, last: Mutex::new(None) }
    }

    pub(super) fn line(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        let client = self.client;
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
                if self.is_news(message) {
                    tracing::warn!(target: "kafka_service::librdkafka", client, facility, message);
                }
            }
            RDKafkaLogLevel::Warning => {
                if self.is_news(message) {
                    tracing::warn!(target: "kafka_service::librdkafka", client, facility, message);
                }
            }
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(target: "kafka_service::librdkafka", client, facility, message);
            }
            RDKafkaLogLevel::Debug => {
                tracing::debug!(target: "kafka_service::librdkafka", client, facility, message);
            }
        }
    }

    /// An error of the client as a whole. None of these ends the client; it goes on trying.
    pub(super) fn error(&self, error: &KafkaError, reason: &str) {
        let client = self.client;
        if self.is_news(reason) {
            tracing::warn!(target: "kafka_service::librdkafka", client, %error, reason, "the Kafka client has a problem and goes on trying");
        }
    }

    fn is_news(&self, message: &str) -> bool {
        // The times in the messages differ ("after 2ms in state CONNECT"), the rest does not.
        let text: String = message.chars().filter(|character| !character.is_ascii_digit()).collect();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let news = last.as_ref().is_none_or(|(said, when)| *said != text || when.elapsed() > QUIET);
        if news {
            *last = Some((text, Instant::now()));
        }
        news
    }
}
