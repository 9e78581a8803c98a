//! Records to Kafka: idempotent, acknowledged by all in-sync replicas, never given up by a clock.

use std::{
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, ClientContext, Message,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
    message::{DeliveryResult, Header, Headers, OwnedHeaders},
    metadata::Metadata,
    producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext},
};

use super::{
    client_config::{self, describe},
    client_log::ClientLog,
    close::close,
    delivery_watch::DeliveryWatch,
    ffi::end_linger,
    linger::{Linger, LingerThread},
    producer_topics::{TopicHandles, TopicNames},
    refused::{Limits, cause, refusal, said, size},
    renewals::Renewals,
    reports::Reports,
};
use crate::{
    commit::Token,
    config::Config,
    publish::Acks,
    sync,
    transport::{OutRecord, Producer, SendError, TopicId, Undelivered},
};

/// The producing client. When it has ended with a fatal error, another takes its place.
pub(crate) struct KafkaProducer {
    config: ClientConfig,
    linger: Duration,
    topics: Arc<TopicNames>,
    limits: Limits,
    acks: Arc<Acks>,
    watch: Arc<DeliveryWatch>,
    current: RwLock<Arc<Current>>,
    renewals: Mutex<Renewals>,
    /// Of all clients, so that the next does not repeat what the last has said.
    log: Arc<ClientLog>,
}

/// One client with its topics.
struct Current {
    // The threads go first: they have the producer too, and only without that does the client close, and give back what it
    // holds.
    _linger_thread: LingerThread,
    _reports: Reports,
    producer: Arc<BaseProducer<Context>>,
    topics: TopicHandles<Context>,
    linger: Arc<Linger>,
    /// Records that it took.
    taken: AtomicU64,
    since: Instant,
}

struct Context {
    acks: Arc<Acks>,
    watch: Arc<DeliveryWatch>,
    topics: Arc<TopicNames>,
    log: Arc<ClientLog>,
    linger: Arc<Linger>,
}

impl KafkaProducer {
    /// Connects in the background. The service writes to `topics`, and to others when it asks for them.
    pub(crate) fn new(
        config: &Config,
        bootstrap: &str,
        topics: Vec<String>,
        acks: Arc<Acks>,
    ) -> Result<Self, KafkaError> {
        let mut config = client_config::producer(config, bootstrap);
        let linger = client_config::take_linger(&mut config);
        let limits = client_config::limits(&config);
        let (topics, watch) = (Arc::new(TopicNames::new(topics)), Arc::new(DeliveryWatch::new()));
        let log = Arc::new(ClientLog::new("producer"));
        let current = RwLock::new(Arc::new(Current::new(&config, linger, &topics, &acks, &watch, &log)?));
        let renewals = Mutex::new(Renewals::new(Instant::now()));
        Ok(Self { config, linger, topics, limits, acks, watch, current, renewals, log })
    }

    /// Whether the brokers acknowledge what is sent.
    pub(super) fn watch(&self) -> &DeliveryWatch {
        &self.watch
    }

    /// Why the client has ended, if it has.
    pub(super) fn failure(&self) -> Option<(RDKafkaErrorCode, String)> {
        self.current().producer.client().fatal_error()
    }

    /// What was said last of a connection that failed.
    pub(super) fn trouble(&self) -> Option<String> {
        self.log.trouble()
    }

    /// How long the client has been in use.
    pub(super) fn lived(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.current().since)
    }

    /// What the brokers know of a topic.
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
        acks: &Arc<Acks>,
        watch: &Arc<DeliveryWatch>,
        log: &Arc<ClientLog>,
    ) -> Result<Self, KafkaError> {
        let linger = Linger::new(linger);
        let context = Context {
            acks: Arc::clone(acks),
            watch: Arc::clone(watch),
            topics: Arc::clone(names),
            log: Arc::clone(log),
            linger: Arc::clone(&linger),
        };
        let producer = Arc::new(config.create_with_context(context)?);
        let topics = TopicHandles::new(names);
        let reports = Reports::start(&producer)?;
        let linger_thread = linger.start(&producer, acks)?;
        let (taken, since) = (AtomicU64::new(0), Instant::now());
        Ok(Self { _linger_thread: linger_thread, _reports: reports, producer, topics, linger, taken, since })
    }

    /// Headers are rare and go the wrapper's way.
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
        let TopicId(place) = record.topic;
        let current = sync::read(&self.current);
        // Asked under the lock: this client is the one for which nothing is held.
        if self.acks.is_held() {
            return Err(SendError::QueueFull);
        }
        let plain = token;
        let is_sample = self.watch.wants(place);
        let token = if is_sample { self.watch.begin(place, token) } else { plain };
        let sent = current.topics.with(&current.producer, place, |name, handle| {
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
            // What is full has nothing to linger for. And librdkafka frees the place of a record only after its report was
            // handled, so the last report may come before there is room: then whoever waits looks again.
            Err(SendError::QueueFull) => current.linger.send_now(),
            Err(_) => {}
        }
        sent
    }

    fn topic(&self, name: &str) -> Result<TopicId, String> {
        if let Some(place) = self.topics.place(name) {
            return Ok(TopicId(place));
        }
        // The client stays while this is held, so that its successor knows of the topic.
        let current = sync::read(&self.current);
        current.topics.add(&current.producer, &self.topics, name).map(TopicId)
    }

    fn topic_name(&self, TopicId(place): TopicId) -> String {
        self.topics.name(place)
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
            // Said by health, for as long as it lasts.
            tracing::debug!(%code, reason, "Kafka producer failed; replacing it");
        } else {
            tracing::warn!(%code, reason, "Kafka producer failed; replacing it");
        }
        match Current::new(&self.config, self.linger, &self.topics, &self.acks, &self.watch, &self.log) {
            Ok(new) => {
                let old = std::mem::replace(&mut *current, Arc::new(new));
                self.acks.hold();
                drop(current);
                let acks = Arc::clone(&self.acks);
                // What it still holds comes back as undelivered while it is closed. Until then nothing else is sent, so that
                // nothing overtakes it.
                thread::spawn(move || {
                    close(old, "producer");
                    acks.release();
                });
            }
            // The next record that fails asks again.
            Err(error) => tracing::error!(error = describe(&error), "cannot replace the Kafka producer"),
        }
    }

    fn flush(&self, timeout: Duration) -> usize {
        const STEP: Duration = Duration::from_millis(20);
        let current = self.current();
        let until = Instant::now() + timeout;
        // Not the client's own count, in which lines for the log that wait to be read are records too.
        let open = || current.taken.load(Ordering::Relaxed).saturating_sub(current.linger.reports());
        while open() > 0 {
            let Some(left) = until.checked_duration_since(Instant::now()) else { break };
            end_linger(&current.producer, left.min(STEP));
        }
        usize::try_from(open()).unwrap_or(usize::MAX)
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if !self.acks.is_closing() {
            self.log.line(level, facility, message);
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if !self.acks.is_closing() {
            self.log.error(&error, reason);
        }
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, opaque: usize) {
        let token = Token::from_bits(opaque as u64);
        if token.is_sampled() {
            self.watch.end(token, result.is_ok());
        }
        let token = token.unmarked();
        match result {
            Ok(_) => self.acks.delivered(token),
            Err((error, record)) => {
                if let Some(topic) = self.topics.place(record.topic()) {
                    self.acks.failed(token, undelivered(error, record, TopicId(topic)));
                }
            }
        }
        self.linger.reported();
    }
}

fn undelivered(error: &KafkaError, record: &impl Message, topic: TopicId) -> Undelivered {
    let headers = record.headers().map(|headers| {
        headers.iter().map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect()
    });
    let headers: Vec<_> = headers.unwrap_or_default();
    let code = error.rdkafka_error_code();
    Undelivered {
        topic,
        cause: cause(code),
        code: code.map_or_else(|| "Unknown".into(), |code| format!("{code:?}").into()),
        error: code
            .map_or_else(|| error.to_string(), |code| said(code, size(record.key(), record.payload(), &headers))),
        key: record.key().map(<[u8]>::to_vec),
        value: record.payload().map(<[u8]>::to_vec),
        headers,
    }
}

impl std::fmt::Debug for KafkaProducer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("KafkaProducer").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "producer_tests.rs"]
mod tests;
