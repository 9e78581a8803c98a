//! Forwards librdkafka's log lines to our log: with one target, and at most one line per kind and minute.
//!
//! When a broker is down, librdkafka logs every attempt, in several sentences that alternate. So lines are grouped by
//! kind (the facility), not by text. Health reports what lasts.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use rdkafka::{
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
};

use super::failure::{Failure, FailureKind};
use crate::{
    config::{Redaction, Side},
    sync,
};

/// How long further lines of the same kind are suppressed.
const QUIET: Duration = Duration::from_secs(60);
/// How the producing client is called.
pub(super) const PRODUCER: &str = "producer";
/// How long an error can explain why no broker answers.
const RECENT: Duration = Duration::from_secs(60);

/// The log of one client.
#[derive(Debug)]
pub(super) struct ClientLog {
    client: &'static str,
    redaction: Redaction,
    kinds: Mutex<HashMap<String, LineKind>>,
    failure: Mutex<Option<Failure>>,
    /// Whether health reports why no broker accepts the connection.
    is_monitored: bool,
}

#[derive(Debug)]
struct LineKind {
    said: Instant,
    suppressed: u64,
}

impl ClientLog {
    pub(super) fn new(client: &'static str, redaction: Redaction, is_monitored: bool) -> Self {
        Self { client, redaction, kinds: Mutex::default(), failure: Mutex::default(), is_monitored }
    }

    /// Removes secrets from what the client says.
    pub(super) fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    pub(super) fn line(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        let message = &*self.redaction.apply(message);
        let client = self.client;
        let failure =
            (facility == "FAIL").then(|| Failure::parse(without_thread(message), self.side(), Instant::now()));
        if self.is_monitored && is_reported(facility, failure.as_ref()) {
            tracing::debug!(target: "kafka_service::librdkafka", client, facility, "{message}");
            return self.note(failure);
        }
        self.note(failure);
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning => match self.is_due(facility, Instant::now()) {
                Some(suppressed) => {
                    tracing::warn!(target: "kafka_service::librdkafka", client, facility, suppressed, "{message}");
                }
                None => tracing::debug!(target: "kafka_service::librdkafka", client, facility, "{message}"),
            },
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::info!(target: "kafka_service::librdkafka", client, facility, "{message}");
            }
            RDKafkaLogLevel::Debug => {
                tracing::debug!(target: "kafka_service::librdkafka", client, facility, "{message}");
            }
        }
    }

    /// Logs an error of the client as a whole. None of these ends the client; it keeps trying.
    pub(super) fn error(&self, error: &KafkaError, reason: &str) {
        let reason = &*self.redaction.apply(reason);
        let client = self.client;
        match error.rdkafka_error_code() {
            // Each of these is already logged, or reported by health.
            Some(
                RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::Resolve
                | RDKafkaErrorCode::Authentication
                | RDKafkaErrorCode::SSL
                | RDKafkaErrorCode::GroupAuthorizationFailed
                | RDKafkaErrorCode::InconsistentGroupProtocol
                | RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed
                | RDKafkaErrorCode::UnknownTopicOrPartition,
            ) => tracing::debug!(target: "kafka_service::librdkafka", client, %error, "{reason}"),
            _ => match self.is_due("ERROR", Instant::now()) {
                Some(suppressed) => {
                    tracing::warn!(target: "kafka_service::librdkafka", client, suppressed, %error, "{reason}");
                }
                None => tracing::debug!(target: "kafka_service::librdkafka", client, %error, "{reason}"),
            },
        }
    }

    fn side(&self) -> Side {
        if self.client == PRODUCER { Side::Producer } else { Side::Consumer }
    }

    fn note(&self, failure: Option<Failure>) {
        if let Some(failure) = failure {
            *sync::lock(&self.failure) = Some(failure);
        }
    }

    /// The last failed connection.
    pub(super) fn failure(&self) -> Option<Failure> {
        sync::lock(&self.failure).as_ref().filter(|failure| failure.when.elapsed() < RECENT).cloned()
    }

    /// Whether a line of this kind may be logged. If so, returns how many were suppressed since the last one.
    fn is_due(&self, kind: &str, now: Instant) -> Option<u64> {
        let mut kinds = sync::lock(&self.kinds);
        match kinds.get_mut(kind) {
            Some(known) if now.duration_since(known.said) < QUIET => {
                known.suppressed += 1;
                None
            }
            Some(known) => {
                known.said = now;
                Some(std::mem::take(&mut known.suppressed))
            }
            None => {
                kinds.insert(kind.to_owned(), LineKind { said: now, suppressed: 0 });
                Some(0)
            }
        }
    }
}

/// Whether health says it, with more facts: all but a connection that cannot be established.
fn is_reported(facility: &str, failure: Option<&Failure>) -> bool {
    let is_said = |failure: &Failure| failure.kind != FailureKind::Other;
    facility == "SSL" || failure.is_some_and(is_said)
}

/// The line without its leading thread name: `[thrd:main]: ..`.
fn without_thread(message: &str) -> &str {
    let rest = message.strip_prefix("[thrd:").and_then(|rest| rest.split_once("]: "));
    rest.map_or(message, |(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_line_is_logged_once_a_minute() {
        let (log, start) = (ClientLog::new("consumer", Redaction::default(), true), Instant::now());
        assert_eq!(log.is_due("FAIL", start), Some(0));
        assert_eq!(log.is_due("FAIL", start + QUIET / 2), None);
        assert_eq!(log.is_due("REQTMOUT", start + QUIET / 2), Some(0), "another kind");
        assert_eq!(log.is_due("FAIL", start + QUIET / 2), None);
        assert_eq!(log.is_due("FAIL", start + QUIET), Some(2));
        assert_eq!(log.is_due("FAIL", start + QUIET), None);
    }

    #[test]
    fn a_failed_connection_is_kept_without_its_thread_name() {
        let log = ClientLog::new("consumer", Redaction::default(), true);
        log.line(RDKafkaLogLevel::Error, "REQTMOUT", "[thrd:main]: something else");
        assert!(log.failure().is_none());
        log.line(RDKafkaLogLevel::Error, "FAIL", "[thrd:h:9092/1]: h:9092/1: Connect failed: refused");
        assert_eq!(log.failure().map(|failure| failure.text).as_deref(), Some("h:9092/1: Connect failed: refused"));
    }
}
