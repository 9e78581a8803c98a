//! Sends records to Kafka: idempotent, acknowledged by all in-sync replicas, never given up because of a timeout.

use std::{
    sync::{Arc, Mutex, RwLock, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use rdkafka::{
    error::{KafkaError, RDKafkaErrorCode},
    metadata::Metadata,
    producer::Producer as _,
};

mod callbacks;
mod current;
mod replace;

use self::current::{Common, Current};
use super::{
    client_config::{self, describe},
    client_log::{ClientLog, PRODUCER},
    close::close,
    connection::Connection,
    delivery_watch::DeliveryWatch,
    failure::Failure,
    ffi::{bootstrap_again, end_linger},
    producer_topics::TopicNames,
    refused::{Destination, SizeLimits, refusal},
    renewals::Renewals,
    tokens::ClientTokens,
};
use crate::{
    config::{Config, Redaction},
    health::Reason,
    sync,
    transport::{DeliveryReports, OutRecord, Producer, SendError, Token, TopicId},
};

/// The producing client. After a fatal error it is replaced by a new one.
pub(crate) struct KafkaProducer {
    common: Common,
    limits: SizeLimits,
    current: RwLock<Arc<Current>>,
    renewals: Mutex<Renewals>,
}

impl KafkaProducer {
    /// Connects in the background. The service writes to `topics`, and to others on request. `is_monitored`: health
    /// reports what is wrong with its connections.
    pub(crate) fn new(
        config: &Config,
        bootstrap: &str,
        topics: Vec<String>,
        reports: Arc<dyn DeliveryReports>,
        tokens: ClientTokens,
        is_monitored: bool,
    ) -> Result<Self, KafkaError> {
        let redaction = Redaction::new(config);
        let mut config = client_config::producer(config, bootstrap);
        let linger = client_config::take_linger(&mut config);
        let limits = client_config::limits(&config);
        let common = Common {
            config: Mutex::new(config),
            servers: bootstrap.into(),
            linger,
            topics: Arc::new(TopicNames::new(topics)),
            reports,
            watch: Arc::new(DeliveryWatch::new()),
            connection: Arc::new(Connection::default()),
            log: Arc::new(ClientLog::new(PRODUCER, redaction, is_monitored)),
            tokens,
        };
        let current = RwLock::new(Arc::new(Current::new(&common)?));
        let renewals = Mutex::new(Renewals::new(Instant::now()));
        Ok(Self { common, limits, current, renewals })
    }

    /// Tracks whether the brokers acknowledge records.
    pub(super) fn watch(&self) -> &DeliveryWatch {
        &self.common.watch
    }

    /// Removes secrets from what the client says.
    pub(super) fn redaction(&self) -> &Redaction {
        self.common.log.redaction()
    }

    /// The fatal error of the client, if it has failed.
    pub(super) fn failure(&self) -> Option<(RDKafkaErrorCode, String)> {
        let (code, text) = self.current().producer.client().fatal_error()?;
        Some((code, self.common.log.redaction().apply(&text).into_owned()))
    }

    /// The last failed connection, unless it is too old.
    pub(super) fn connection_failure(&self) -> Option<Failure> {
        self.common.log.failure()
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

impl Producer for KafkaProducer {
    fn send(&self, record: &OutRecord<'_>, token: Token) -> Result<(), SendError> {
        let TopicId(index) = record.topic;
        let current = sync::read(&self.current);
        // Read under the lock: this is the client for which nothing is held.
        if self.common.reports.is_held() {
            return Err(SendError::QueueFull);
        }
        let plain = token;
        let is_sample = self.common.watch.wants(index);
        let token = if is_sample { self.common.watch.begin(index, token) } else { plain };
        let sent = current.topics.with(&current.producer, index, |name, handle| {
            let sent = if record.headers.is_empty() {
                handle.produce(record.key, record.value, token)
            } else {
                current.send_with_headers(name, record, token)
            };
            let to = Destination { topic: name, servers: &self.common.servers };
            sent.map_err(|code| refusal(code, record, to, self.limits))
        });
        let sent = sent.unwrap_or_else(|reason| Err(SendError::refused(reason)));
        if is_sample && sent.is_err() {
            self.common.watch.end(token, false);
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
        if let Some(index) = self.common.topics.index_of(name) {
            return Ok(TopicId(index));
        }
        // The lock keeps the client in place, so that its successor knows the topic.
        let current = sync::read(&self.current);
        current.topics.add(&current.producer, &self.common.topics, name).map(TopicId)
    }

    fn topic_name(&self, TopicId(index): TopicId) -> String {
        self.common.topics.name(index)
    }

    fn largest(&self) -> Option<usize> {
        Some(self.limits.smaller())
    }

    fn connected(&self) -> Option<BoxFuture<'_, ()>> {
        let connection = &self.common.connection;
        (!connection.is_up()).then(|| Box::pin(connection.up()) as _)
    }

    fn trouble(&self) -> Option<String> {
        if self.common.tokens.are_missing() {
            return Some(Reason::TokenUnavailable.to_string());
        }
        self.common.log.failure().map(|failure| failure.text)
    }

    fn idle(&self) {
        sync::read(&self.current).linger.send_now();
    }

    fn renew(&self) {
        let mut current = sync::write(&self.current);
        let Some((code, reason)) = current.producer.client().fatal_error() else { return };
        let reason = &*self.common.log.redaction().apply(&reason);
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
        match Current::new(&self.common) {
            Ok(new) => {
                let old = std::mem::replace(&mut *current, Arc::new(new));
                self.common.reports.hold();
                drop(current);
                let reports = Arc::clone(&self.common.reports);
                // The records that it still holds come back as undelivered while it is closed. Until then nothing else
                // is sent, so that nothing overtakes them.
                thread::spawn(move || {
                    close(old, "producer");
                    reports.release();
                });
            }
            // The next record that fails tries again.
            Err(error) => tracing::error!(
                error = describe(&error, self.common.log.redaction()),
                "cannot replace the Kafka producer"
            ),
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
