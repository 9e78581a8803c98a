//! What librdkafka has to say, in our log: under one target, and a sentence that it repeats only now and then.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use rdkafka::{
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
};

/// How long the same sentence is not repeated. A broker that is away makes librdkafka say so at every attempt.
const QUIET: Duration = Duration::from_secs(30);
/// How many different sentences are remembered.
const REMEMBERED: usize = 100;

/// The log of one client.
#[derive(Debug)]
pub(super) struct ClientLog {
    client: &'static str,
    said: Mutex<HashMap<String, Instant>>,
}

impl ClientLog {
    pub(super) fn new(client: &'static str) -> Self {
        Self { client, said: Mutex::default() }
    }

    pub(super) fn line(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        let client = self.client;
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning => {
                if self.is_news(message) {
                    tracing::warn!(target: "kafka_service::librdkafka", client, facility, "{message}");
                }
            }
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(target: "kafka_service::librdkafka", client, facility, "{message}");
            }
            RDKafkaLogLevel::Debug => {
                tracing::debug!(target: "kafka_service::librdkafka", client, facility, "{message}");
            }
        }
    }

    /// An error of the client as a whole. None of these ends the client; it goes on trying.
    pub(super) fn error(&self, error: &KafkaError, reason: &str) {
        let client = self.client;
        match error.rdkafka_error_code() {
            // Each has its line in the log already.
            Some(RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::Resolve) => {
                tracing::debug!(target: "kafka_service::librdkafka", client, %error, "{reason}");
            }
            _ if self.is_news(reason) => {
                tracing::warn!(target: "kafka_service::librdkafka", client, %error, "{reason}; the client goes on trying");
            }
            _ => {}
        }
    }

    fn is_news(&self, message: &str) -> bool {
        // What differs between two times of the same sentence: times, counts, ports.
        let sentence = message.split(" (after ").next().unwrap_or(message);
        let sentence: String = sentence.chars().filter(|character| !character.is_ascii_digit()).collect();
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.get(&sentence).is_some_and(|when| when.elapsed() < QUIET) {
            return false;
        }
        if said.len() >= REMEMBERED {
            said.clear();
        }
        said.insert(sentence, Instant::now());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_sentence_with_other_numbers_is_no_news() {
        let log = ClientLog::new("consumer");
        assert!(log.is_news("127.0.0.1:9092/1: Connect failed: refused (after 2ms in state CONNECT)"));
        assert!(log.is_news("1/1 brokers are down"));
        assert!(!log.is_news("127.0.0.1:9092/1: Connect failed: refused (after 71ms in state CONNECT, 30 identical)"));
        assert!(!log.is_news("3/3 brokers are down"));
    }
}
