//! Writing: every record is acknowledged by the broker before a call returns.

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

/// Hands each answer of the broker to the call that waits for it.
pub(crate) struct Acknowledgements;

/// Travels with a record: which one of its call it was, and where the answer goes.
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
        // The call that waited may have given up by now.
        ticket.answers.send((ticket.index, answer)).ok();
    }
}

impl Client {
    /// Writes one record, and returns its partition and offset.
    ///
    /// # Panics
    /// When the broker refuses it, or at the deadline.
    pub fn produce(&self, topic: &str, message: impl Into<Message>) -> (i32, i64) {
        self.produce_all(topic, [message.into()])[0]
    }

    /// Writes many records at once, in their order, and returns the partition and offset of each.
    ///
    /// # Panics
    /// When the broker refuses one, or when a minute passes without an answer.
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
    /// When the broker refuses, or at the deadline.
    pub fn open_transaction<M: Into<Message>>(
        &self,
        topic: &str,
        messages: impl IntoIterator<Item = M>,
    ) -> OpenTransaction {
        let mut config = self.config();
        config.set("transactional.id", crate::unique("transaction")).set("partitioner", "murmur2_random");
        let producer: Producer = config
            .create_with_context(Acknowledgements)
            .unwrap_or_else(|error| panic!("librdkafka refuses the producer's configuration: {error}"));
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

    /// Writes records in a transaction, which is aborted then.
    ///
    /// # Panics
    /// When the broker refuses, or at the deadline.
    pub fn abort_transaction<M: Into<Message>>(&self, topic: &str, messages: impl IntoIterator<Item = M>) {
        self.open_transaction(topic, messages).abort();
    }

    fn producer(&self) -> &Producer {
        self.producer.get_or_init(|| {
            let mut config = self.config();
            // The partitioner of JVM clients and of the service, so that a key means the same partition everywhere.
            config.set("partitioner", "murmur2_random").set("enable.idempotence", "true").set("linger.ms", "2");
            // How large a record may be is the broker's to say.
            config.set("message.max.bytes", "10000000");
            config
                .create_with_context(Acknowledgements)
                .unwrap_or_else(|error| panic!("librdkafka refuses the producer's configuration: {error}"))
        })
    }
}

/// A transaction of which all records are written.
#[must_use]
pub struct OpenTransaction(Producer);

impl fmt::Debug for OpenTransaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OpenTransaction").finish_non_exhaustive()
    }
}

impl OpenTransaction {
    /// Ends it; its records are read by no consumer that reads committed ones only.
    ///
    /// # Panics
    /// When the broker refuses, or at the deadline.
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
    // The queue is full while the broker is slower than this loop; answers make room.
    while let Err((error, refused)) = producer.send(record) {
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
            panic!("librdkafka refuses a record for {topic}: {error}");
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
    // Sends what still lingers; the polls below would, a little later.
    producer.flush(Duration::ZERO).ok();
    while missing > 0 {
        producer.poll(Duration::from_millis(5));
        for (index, answer) in answered.try_iter() {
            let position = answer.unwrap_or_else(|error| panic!("the broker refuses record {index}: {error}"));
            positions[index] = Some(position);
            (missing, last) = (missing - 1, Instant::now());
        }
        assert!(last.elapsed() < PATIENCE, "no acknowledgement for {PATIENCE:?}; {missing} of {sent} are missing");
    }
    positions.into_iter().flatten().collect()
}
