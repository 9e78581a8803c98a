//! One producing client with its topics and threads, and what it shares with the next one.

use std::{
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig,
    error::{KafkaError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer as _},
};

use super::callbacks::ProducerCallbacks;
use crate::{
    oauth::Attached,
    sync,
    transport::{
        DeliveryReports, OutRecord, Token,
        kafka::{
            client_log::ClientLog,
            connection::{Connection, ConnectionThread},
            delivery_watch::DeliveryWatch,
            linger::{Linger, LingerThread},
            producer_topics::{TopicHandles, TopicNames},
            report_thread::ReportThread,
            tokens::ClientTokens,
        },
    },
};

/// What one client after another uses.
pub(super) struct Common {
    /// Replaced when the files have changed from which it was read.
    pub(super) config: Mutex<ClientConfig>,
    pub(super) servers: Arc<str>,
    pub(super) linger: Duration,
    pub(super) topics: Arc<TopicNames>,
    pub(super) reports: Arc<dyn DeliveryReports>,
    pub(super) watch: Arc<DeliveryWatch>,
    pub(super) connection: Arc<Connection>,
    /// The log of all clients, so that the next does not repeat what the last has logged.
    pub(super) log: Arc<ClientLog>,
    pub(super) tokens: ClientTokens,
}

/// One client with its topics.
pub(super) struct Current {
    // Dropped first: it passes tokens to the client, which must be alive.
    _attached: Option<Attached>,
    // The threads are dropped next: they hold the producer too, and the client closes and returns what it holds only
    // when they have released it.
    _connection_thread: ConnectionThread,
    _linger_thread: LingerThread,
    _report_thread: ReportThread,
    pub(super) producer: Arc<BaseProducer<ProducerCallbacks>>,
    pub(super) topics: TopicHandles<ProducerCallbacks>,
    pub(super) linger: Arc<Linger>,
    /// The number of records that it accepted.
    pub(super) taken: AtomicU64,
    pub(super) since: Instant,
}

impl Current {
    pub(super) fn new(common: &Common) -> Result<Self, KafkaError> {
        let Common { config, topics, reports, connection, .. } = common;
        let linger = Linger::new(common.linger);
        let context = ProducerCallbacks {
            reports: Arc::clone(reports),
            watch: Arc::clone(&common.watch),
            topics: Arc::clone(topics),
            log: Arc::clone(&common.log),
            linger: Arc::clone(&linger),
            connection: Arc::clone(connection),
            tokens: common.tokens.refusals(),
            servers: Arc::clone(&common.servers),
        };
        let producer: Arc<BaseProducer<_>> = Arc::new(sync::lock(config).create_with_context(context)?);
        Ok(Self {
            _attached: common.tokens.attach(producer.client()),
            _report_thread: ReportThread::start(&producer)?,
            _linger_thread: linger.start(&producer, reports)?,
            _connection_thread: ConnectionThread::start(connection, &producer, topics.name(0))?,
            topics: TopicHandles::new(topics),
            producer,
            linger,
            taken: AtomicU64::new(0),
            since: Instant::now(),
        })
    }

    /// Headers are rare, so these records are sent through the wrapper.
    pub(super) fn send_with_headers(
        &self,
        topic: &str,
        record: &OutRecord<'_>,
        token: Token,
    ) -> Result<(), RDKafkaErrorCode> {
        let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
        for (name, value) in record.headers {
            headers = headers.insert(Header { key: name, value: value.as_ref() });
        }
        let opaque = usize::try_from(token.to_bits()).expect("kafka-service requires a 64-bit target");
        let mut out = BaseRecord::<[u8], [u8], usize>::with_opaque_to(topic, opaque).headers(headers);
        if let Some(key) = record.key {
            out = out.key(key);
        }
        if let Some(value) = record.value {
            out = out.payload(value);
        }
        self.producer.send(out).map_err(|(error, _)| error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail))
    }
}
