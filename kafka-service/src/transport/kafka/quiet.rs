//! The callbacks of a client that is used for one request: its log lines are for debugging only.

use rdkafka::{ClientContext, config::RDKafkaLogLevel, consumer::ConsumerContext, error::KafkaError};

use crate::config::Redaction;

/// A context without events, instead of the wrapper's own, which logs without our target and with secrets.
#[derive(Clone, Debug)]
pub(super) struct QuietContext(pub(super) Redaction);

impl ClientContext for QuietContext {
    fn log(&self, _: RDKafkaLogLevel, facility: &str, message: &str) {
        let message = self.0.apply(message);
        tracing::debug!(target: "kafka_service::librdkafka", client = "check", facility, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let reason = self.0.apply(reason);
        tracing::debug!(target: "kafka_service::librdkafka", client = "check", %error, "{reason}");
    }
}

impl ConsumerContext for QuietContext {}
