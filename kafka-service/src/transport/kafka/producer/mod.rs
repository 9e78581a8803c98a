//! Sends records to Kafka: idempotent, acknowledged by all in-sync replicas, never given up because of a timeout.

use std::{
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig,
    error::{KafkaError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    metadata::Metadata,
    producer::{BaseProducer, BaseRecord, Producer as _},
};

mod callbacks;

use self::callbacks::ProducerCallbacks;
use super::{
    client_config::{self, describe},
    client_log::ClientLog,
    close::close,
    delivery_watch::DeliveryWatch,
    ffi::{bootstrap_again, end_linger},
    linger::{Linger, LingerThread},
    producer_topics::{TopicHandles, TopicNames},
    refused::{SizeLimits, refusal},
    renewals::Renewals,
    report_thread::ReportThread,
};
use crate::{
    config::Config,
    sync,
    transport::{DeliveryReports, OutRecord, Producer, SendError, Token, TopicId},
};

/// The producing client. After a fatal error it is replaced by a new one.
pub(crate) struct KafkaProducer {
    config: ClientConfig,
    linger: Duration,
    topics: Arc<TopicNames>,
    limits: SizeLimits,
    reports: Arc<dyn DeliveryReports>,
    watch: Arc<DeliveryWatch>,
    current: RwLock<Arc<Current>>,
    renewals: Mutex<Renewals>,
    /// The log of all clients, so that the next does not repeat what the last has logged.
    log: Arc<ClientLog>,
}

/// One client with its topics.
struct Current {
    // The threads are dropped first: they hold the producer too, and the client closes and returns what it holds only
    // when they have released it.
    _linger_thread: LingerThread,
    _report_thread: ReportThread,
    producer: Arc<BaseProducer<ProducerCallbacks>>,
    topics: TopicHandles<ProducerCallbacks>,
    linger: Arc<Linger>,
    /// The number of records that it accepted.
    taken: AtomicU64,
    since: Instant,
}

impl KafkaProducer {
    /// Connects in the background. The service writes to `topics`, and to others on request.
    pub(crate) fn new(
        config: &Config,
        bootstrap: &str,
        topics: Vec<String>,
        reports: Arc<dyn DeliveryReports>,
    ) -> Result<Self, KafkaError> {
        let mut config = client_config::producer(config, bootstrap);
        let linger = client_config::take_linger(&mut config);
        let limits = client_config::limits(&config);
        let (topics, watch) = (Arc::new(TopicNames::new(topics)), Arc::new(DeliveryWatch::new()));
        let log = Arc::new(ClientLog::new("producer"));
        let current = RwLock::new(Arc::new(Current::new(&config, linger, &topics, &reports, &watch, &log)?));
        let renewals = Mutex::new(Renewals::new(Instant::now()));
        Ok(Self { config, linger, topics, limits, reports, watch, current, renewals, log })
    }

    /// Tracks whether the brokers acknowledge records.
    pub(super) fn watch(&self) -> &DeliveryWatch {
        &self.watch
    }

    /// The fatal error of the client, if it has failed.
    pub(super) fn failure(&self) -> Option<(RDKafkaErrorCode, String)> {
        self.current().producer.client().fatal_error()
    }

    /// The last connection error.
    pub(super) fn trouble(&self) -> Option<String> {
        self.log.trouble()
    }

    /// Connects to the bootstrap servers again.
    pub(super) fn bootstrap_again(&self, servers: &str) {
        bootstrap_again(self.current().producer.client(), servers);
    }

    /// How long the client has been in use.
    pub(super) fn lived(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.current().since)
    }

    /// The brokers' metadata of a topic.
    pub(super) fn metadata(&self, topic: &str, timeout: Duration) -> Result<Metadata, KafkaError> {
        self.current().producer.client().fetch_metadata(Some(topic), timeout)
    }

    fn current(&self) -> Arc<Current> {
        Arc::clone(&sync::read(&self.current))
    }
}

impl Current {
    fn new(
        config: &ClientConfig,
        linger: Duration,
        names: &Arc<TopicNames>,
        reports: &Arc<dyn DeliveryReports>,
        watch: &Arc<DeliveryWatch>,
        log: &Arc<ClientLog>,
    ) -> Result<Self, KafkaError> {
        let linger = Linger::new(linger);
        let context = ProducerCallbacks {
            reports: Arc::clone(reports),
            watch: Arc::clone(watch),
            topics: Arc::clone(names),
            log: Arc::clone(log),
            linger: Arc::clone(&linger),
        };
        let producer = Arc::new(config.create_with_context(context)?);
        let topics = TopicHandles::new(names);
        let report_thread = ReportThread::start(&producer)?;
        let linger_thread = linger.start(&producer, reports)?;
        let (taken, since) = (AtomicU64::new(0), Instant::now());
        Ok(Self {
            _linger_thread: linger_thread,
            _report_thread: report_thread,
            producer,
            topics,
            linger,
            taken,
            since,
        })
    }

    /// Headers are rare, so these records are sent through the wrapper.
    fn send_with_headers(&self, topic: &str, record: &OutRecord<'_>, token: Token) -> Result<(), RDKafkaErrorCode> {
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

impl Producer for KafkaProducer {
    fn send(&self, record: &OutRecord<'_>, token: Token) -> Result<(), SendError> {
        let TopicId(index) = record.topic;
        let current = sync::read(&self.current);
        // Read under the lock: this is the client for which nothing is held.
        if self.reports.is_held() {
            return Err(SendError::QueueFull);
        }
        let plain = token;
        let is_sample = self.watch.wants(index);
        let token = if is_sample { self.watch.begin(index, token) } else { plain };
        let sent = current.topics.with(&current.producer, index, |name, handle| {
            let sent = if record.headers.is_empty() {
                handle.produce(record.key, record.value, token)
            } else {
                current.send_with_headers(name, record, token)
            };
            sent.map_err(|code| refusal(code, record, self.limits))
        });
        let sent = sent.unwrap_or_else(|reason| Err(SendError::refused(reason)));
        if is_sample && sent.is_err() {
            self.watch.end(token, false);
        }
        match sent {
            Ok(()) => {
                current.taken.fetch_add(1, Ordering::Relaxed);
                current.linger.added();
            }
            // Records of a full queue have nothing to linger for. librdkafka frees the room of a record only after its
            // report was handled, so the last report may arrive before there is room: this makes waiting callers check
            // again.
            Err(SendError::QueueFull) => current.linger.send_now(),
            Err(_) => {}
        }
        sent
    }

    fn topic(&self, name: &str) -> Result<TopicId, String> {
        if let Some(index) = self.topics.index_of(name) {
            return Ok(TopicId(index));
        }
        // The lock keeps the client in place, so that its successor knows the topic.
        let current = sync::read(&self.current);
        current.topics.add(&current.producer, &self.topics, name).map(TopicId)
    }

    fn topic_name(&self, TopicId(index): TopicId) -> String {
        self.topics.name(index)
    }

    fn largest(&self) -> Option<usize> {
        Some(self.limits.smaller())
    }

    fn idle(&self) {
        sync::read(&self.current).linger.send_now();
    }

    fn renew(&self) {
        let mut current = sync::write(&self.current);
        let Some((code, reason)) = current.producer.client().fatal_error() else { return };
        let now = Instant::now();
        let lived = now.duration_since(current.since);
        if !sync::lock(&self.renewals).is_due(lived, now) {
            return;
        }
        if code == RDKafkaErrorCode::ClusterAuthorizationFailed {
            // Health reports it for as long as it lasts.
            tracing::debug!(%code, reason, "Kafka producer failed; replacing it");
        } else {
            tracing::warn!(%code, reason, "Kafka producer failed; replacing it");
        }
        match Current::new(&self.config, self.linger, &self.topics, &self.reports, &self.watch, &self.log) {
            Ok(new) => {
                let old = std::mem::replace(&mut *current, Arc::new(new));
                self.reports.hold();
                drop(current);
                let reports = Arc::clone(&self.reports);
                // The records that it still holds come back as undelivered while it is closed. Until then nothing else
                // is sent, so that nothing overtakes them.
                thread::spawn(move || {
                    close(old, "producer");
                    reports.release();
                });
            }
            // The next record that fails tries again.
            Err(error) => tracing::error!(error = describe(&error), "cannot replace the Kafka producer"),
        }
    }

    fn flush(&self, timeout: Duration) -> usize {
        const STEP: Duration = Duration::from_millis(20);
        let current = self.current();
        let until = Instant::now() + timeout;
        // Not the client's own count, which also includes log lines that wait to be read.
        let open = || current.taken.load(Ordering::Relaxed).saturating_sub(current.linger.reports());
        while open() > 0 {
            let Some(left) = until.checked_duration_since(Instant::now()) else { break };
            end_linger(&current.producer, left.min(STEP));
        }
        usize::try_from(open()).unwrap_or(usize::MAX)
    }
}

impl std::fmt::Debug for KafkaProducer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("KafkaProducer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
