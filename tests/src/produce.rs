//! Writes records; every call returns after the broker has acknowledged them.

use std::fmt;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext};

use crate::client::{Client, PATIENCE};
use crate::message::Message;

/// Partition and offset of a written record.
pub(crate) type Position = (i32, i64);
type Acknowledged = (usize, Result<Position, KafkaError>);

pub(crate) type Producer = BaseProducer<Acknowledgements>;

/// Passes each delivery report to the call that waits for it.
pub(crate) struct Acknowledgements;

/// The opaque of a record: its index in the call, and the channel for the delivery report.
pub(crate) struct Ticket {
    index: usize,
    answers: mpsc::Sender<Acknowledged>,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Ticket").field(&self.index).finish()
    }
}

impl fmt::Debug for Acknowledgements {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Acknowledgements")
    }
}

impl ClientContext for Acknowledgements {}

impl ProducerContext for Acknowledgements {
    type DeliveryOpaque = Box<Ticket>;

    fn delivery(&self, result: &DeliveryResult<'_>, ticket: Box<Ticket>) {
        let answer = match result {
            Ok(message) => Ok((message.partition(), message.offset())),
            Err((error, _)) => Err(error.clone()),
        };
        // The waiting call may have given up.
        ticket.answers.send((ticket.index, answer)).ok();
    }
}

impl Client {
    /// Writes one record and returns its partition and offset.
    ///
    /// # Panics
    /// Panics when the broker rejects it, or at the deadline.
    pub fn produce(&self, topic: &str, message: impl Into<Message>) -> (i32, i64) {
        self.produce_all(topic, [message.into()])[0]
    }

    /// Writes records in order and returns the partition and offset of each.
    ///
    /// # Panics
    /// Panics when the broker rejects one, or after a minute without a delivery report.
    pub fn produce_all<M: Into<Message>>(&self, topic: &str, messages: impl IntoIterator<Item = M>) -> Vec<(i32, i64)> {
        let producer = self.producer();
        let (answers, answered) = mpsc::channel();
        let mut sent = 0;
        for message in messages {
            let ticket = Ticket { index: sent, answers: answers.clone() };
            enqueue(producer, topic, &message.into(), ticket);
            sent += 1;
        }
        collect(producer, &answered, sent)
    }

    /// Writes records in a transaction that stays open until it is aborted.
    ///
    /// # Panics
    /// Panics when the broker rejects one, or at the deadline.
    pub fn open_transaction<M: Into<Message>>(
        &self,
        topic: &str,
        messages: impl IntoIterator<Item = M>,
    ) -> OpenTransaction {
        let mut config = self.config();
        config.set("transactional.id", crate::unique("transaction")).set("partitioner", "murmur2_random");
        let producer: Producer = config
            .create_with_context(Acknowledgements)
            .unwrap_or_else(|error| panic!("librdkafka rejects the producer's configuration: {error}"));
        check("be prepared", producer.init_transactions(PATIENCE));
        check("begin", producer.begin_transaction());
        let (answers, answered) = mpsc::channel();
        let mut sent = 0;
        for message in messages {
            enqueue(&producer, topic, &message.into(), Ticket { index: sent, answers: answers.clone() });
            sent += 1;
        }
        collect(&producer, &answered, sent);
        OpenTransaction(producer)
    }

    /// Writes records in a transaction and aborts it.
    ///
    /// # Panics
    /// Panics when the broker rejects one, or at the deadline.
    pub fn abort_transaction<M: Into<Message>>(&self, topic: &str, messages: impl IntoIterator<Item = M>) {
        self.open_transaction(topic, messages).abort();
    }

    fn producer(&self) -> &Producer {
        self.producer.get_or_init(|| {
            let mut config = self.config();
            // The partitioner of the JVM clients and of the service, so that a key maps to the same partition
            // everywhere.
            config.set("partitioner", "murmur2_random").set("enable.idempotence", "true").set("linger.ms", "2");
            // The broker limits the size of a record, not this client.
            config.set("message.max.bytes", "10000000");
            config
                .create_with_context(Acknowledgements)
                .unwrap_or_else(|error| panic!("librdkafka rejects the producer's configuration: {error}"))
        })
    }
}

/// An open transaction whose records are written.
#[must_use]
pub struct OpenTransaction(Producer);

impl fmt::Debug for OpenTransaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OpenTransaction").finish_non_exhaustive()
    }
}

impl OpenTransaction {
    /// Aborts it; a consumer with `read_committed` skips its records.
    ///
    /// # Panics
    /// Panics when the broker rejects it, or at the deadline.
    pub fn abort(self) {
        check("be aborted", self.0.abort_transaction(PATIENCE));
    }
}

#[track_caller]
fn check(what: &str, result: Result<(), KafkaError>) {
    result.unwrap_or_else(|error| panic!("a transaction cannot {what}: {error}"));
}

fn enqueue(producer: &Producer, topic: &str, message: &Message, ticket: Ticket) {
    let mut record = BaseRecord::with_opaque_to(topic, Box::new(ticket));
    record.key = message.key.as_deref();
    record.payload = message.value.as_deref();
    record.partition = message.partition;
    record.headers = headers(message);
    // The queue is full while the broker is slower than this loop; delivery reports make room.
    while let Err((error, refused)) = producer.send(record) {
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
            panic!("librdkafka rejects a record for {topic}: {error}");
        }
        producer.poll(Duration::from_millis(10));
        record = refused;
    }
}

fn headers(message: &Message) -> Option<OwnedHeaders> {
    let mut headers = OwnedHeaders::new_with_capacity(message.headers.len());
    for (key, value) in &message.headers {
        headers = headers.insert(Header { key, value: Some(value) });
    }
    (!message.headers.is_empty()).then_some(headers)
}

fn collect(producer: &Producer, answered: &mpsc::Receiver<Acknowledged>, sent: usize) -> Vec<Position> {
    let mut positions = vec![None; sent];
    let (mut missing, mut last) = (sent, Instant::now());
    // Send lingering records now instead of at the polls below.
    producer.flush(Duration::ZERO).ok();
    while missing > 0 {
        producer.poll(Duration::from_millis(5));
        for (index, answer) in answered.try_iter() {
            let position = answer.unwrap_or_else(|error| panic!("the broker rejects record {index}: {error}"));
            positions[index] = Some(position);
            (missing, last) = (missing - 1, Instant::now());
        }
        assert!(last.elapsed() < PATIENCE, "no acknowledgement for {PATIENCE:?}; {missing} of {sent} are missing");
    }
    positions.into_iter().flatten().collect()
}
