//! What the producing client calls: for its log, its errors, and the delivery of each record.

use std::sync::Arc;

use rdkafka::{
    ClientContext, Message,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
    message::{DeliveryResult, Headers},
    producer::ProducerContext,
};

use crate::transport::{
    DeliveryReports, OwnedRecord, Token, TopicId, Undelivered,
    kafka::{
        client_log::ClientLog,
        connection::Connection,
        delivery_watch::DeliveryWatch,
        linger::Linger,
        producer_topics::TopicNames,
        refused::{Destination, cause, said, size},
        tokens::TokenRefusals,
    },
};

/// Where the callbacks of one client go.
pub(super) struct ProducerCallbacks {
    pub(super) reports: Arc<dyn DeliveryReports>,
    pub(super) watch: Arc<DeliveryWatch>,
    pub(super) topics: Arc<TopicNames>,
    pub(super) log: Arc<ClientLog>,
    pub(super) linger: Arc<Linger>,
    pub(super) connection: Arc<Connection>,
    pub(super) tokens: TokenRefusals,
    pub(super) servers: Arc<str>,
}

impl ClientContext for ProducerCallbacks {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if !self.reports.is_closing() {
            self.log.line(level, facility, message);
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
            self.connection.lost();
        }
        if !self.reports.is_closing() {
            self.tokens.report(&error, reason);
            self.log.error(&error, reason);
        }
    }
}

impl ProducerContext for ProducerCallbacks {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, opaque: usize) {
        let token = Token::from_bits(opaque as u64);
        if token.is_sampled() {
            self.watch.end(token, result.is_ok());
        }
        let token = token.unmarked();
        match result {
            Ok(_) => self.reports.delivered(token),
            Err((error, record)) => {
                if let Some(topic) = self.topics.index_of(record.topic()) {
                    self.reports.failed(token, undelivered(error, record, TopicId(topic), &self.servers));
                }
            }
        }
        self.linger.reported();
    }
}

fn undelivered(error: &KafkaError, record: &impl Message, topic: TopicId, servers: &str) -> Undelivered {
    let to = Destination { topic: record.topic(), servers };
    let headers = record.headers().map(|headers| {
        headers.iter().map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect()
    });
    let headers: Vec<_> = headers.unwrap_or_default();
    let code = error.rdkafka_error_code();
    Undelivered {
        cause: cause(code),
        code: code.map_or_else(|| "Unknown".into(), |code| format!("{code:?}").into()),
        error: code
            .map_or_else(|| error.to_string(), |code| said(code, to, size(record.key(), record.payload(), &headers))),
        record: OwnedRecord {
            topic,
            key: record.key().map(<[u8]>::to_vec),
            value: record.payload().map(<[u8]>::to_vec),
            headers,
        },
    }
}
