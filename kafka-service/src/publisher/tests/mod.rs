//! Timeouts of publications, with a producer whose connection and room the test decides.

mod detached;
mod timeouts;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use serde_json::json;
use tokio::{sync::Notify, time::Instant};

use super::*;
use crate::{
    acks::{Acks, Incoming},
    clock::SystemClock,
    config::{Config, MessageIdLocation},
    sync,
    transport::{
        Cause, DeliveryReports as _, OutRecord, OwnedRecord, Producer, SendError, Token, TopicId, Undelivered,
    },
};

const TOPIC: TopicId = TopicId(0);
const TIMEOUT: Duration = Duration::from_secs(30);

/// A broker that the test connects, and that acknowledges when it is told to.
#[derive(Default)]
struct Broker {
    is_connected: AtomicBool,
    connected: Notify,
    is_full: AtomicBool,
    /// The size of the queue; 0: unlimited.
    size: AtomicUsize,
    sent: Mutex<VecDeque<(Token, OwnedRecord)>>,
}

impl Broker {
    fn connect(&self) {
        self.is_connected.store(true, Ordering::Relaxed);
        self.connected.notify_waiters();
    }

    fn sent(&self) -> usize {
        sync::lock(&self.sent).len()
    }

    /// The payloads of what was sent, in order.
    fn payloads(&self) -> Vec<serde_json::Value> {
        let payload = |record: &OwnedRecord| {
            let value: serde_json::Value = serde_json::from_slice(record.value.as_ref().unwrap()).unwrap();
            value["payload"].clone()
        };
        sync::lock(&self.sent).iter().map(|(_, record)| payload(record)).collect()
    }

    /// The first that was sent, with its id.
    fn take(&self) -> (Token, String) {
        let (token, record) = sync::lock(&self.sent).pop_front().expect("a record");
        let value: serde_json::Value = serde_json::from_slice(&record.value.unwrap()).unwrap();
        (token, value["id"].as_str().unwrap_or("(none)").to_owned())
    }
}

impl Producer for Broker {
    fn send(&self, record: &OutRecord<'_>, token: Token) -> Result<(), SendError> {
        let size = self.size.load(Ordering::Relaxed);
        if self.is_full.load(Ordering::Relaxed) || (size > 0 && self.sent() >= size) {
            return Err(SendError::QueueFull);
        }
        sync::lock(&self.sent).push_back((token, record.copy()));
        Ok(())
    }

    fn topic_name(&self, _: TopicId) -> String {
        "reports".to_owned()
    }

    fn connected(&self) -> Option<BoxFuture<'_, ()>> {
        let connected = self.connected.notified();
        (!self.is_connected.load(Ordering::Relaxed)).then(|| Box::pin(connected) as _)
    }

    fn trouble(&self) -> Option<String> {
        Some("kafka:9092: Connect failed: Connection refused".to_owned())
    }

    fn idle(&self) {}

    fn flush(&self, _: Duration) -> usize {
        0
    }
}

struct World {
    broker: Arc<Broker>,
    acks: Arc<Acks>,
    incoming: tokio::sync::mpsc::UnboundedReceiver<Incoming>,
    publisher: Publisher,
}

impl World {
    fn new(message_id: MessageIdLocation) -> Self {
        let (acks, incoming) = Acks::new();
        let (acks, broker) = (Arc::new(acks), Arc::new(Broker::default()));
        let config = Config::new("shop").message_id(message_id).publish_timeout(TIMEOUT);
        let producer = Arc::clone(&broker) as Arc<dyn Producer>;
        let clock = Arc::new(SystemClock);
        let shared = PublisherShared::new(&config, producer, Arc::clone(&acks), clock, TOPIC, TOPIC);
        Self { broker, acks, incoming, publisher: Publisher::new(shared) }
    }

    fn disconnected() -> Self {
        Self::new(MessageIdLocation::Envelope)
    }

    fn connected() -> Self {
        let world = Self::disconnected();
        world.broker.connect();
        world
    }

    fn publish(&self, number: u32) -> Publication {
        self.publisher.publish_event("report.created", json!(number))
    }

    /// The number of entries in the table of pending publications.
    fn pending(&self) -> usize {
        self.acks.pending_count()
    }
}

/// Lets the tasks that are ready run.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
