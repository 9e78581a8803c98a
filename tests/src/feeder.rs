//! Writes commands at a rate, whatever becomes of the brokers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext,
    error::{KafkaError, RDKafkaErrorCode},
    message::DeliveryResult,
    producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer},
};

use crate::{Client, Work};

/// A thread that writes commands, and how far it is.
#[derive(Debug)]
pub struct Feeder {
    counts: Arc<Counts>,
    thread: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Counts {
    acknowledged: AtomicUsize,
    failed: AtomicUsize,
    stop: AtomicBool,
}

struct Context(Arc<Counts>);

impl ClientContext for Context {}

impl ProducerContext for Context {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let count = if result.is_ok() { &self.0.acknowledged } else { &self.0.failed };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// When a record is due.
const STEP: Duration = Duration::from_millis(10);

impl Feeder {
    /// Writes `count` commands at `rate` a second; `make` says to which topic, and which.
    ///
    /// # Panics
    /// When the client's settings are wrong.
    pub fn start(
        client: &Client,
        count: usize,
        rate: usize,
        make: impl Fn(usize) -> (String, Work) + Send + 'static,
    ) -> Self {
        let counts = Arc::new(Counts::default());
        let mut config = client.config();
        config.set("partitioner", "murmur2_random").set("enable.idempotence", "true").set("linger.ms", "5");
        config.set("message.timeout.ms", "0");
        let producer: ThreadedProducer<Context> =
            config.create_with_context(Context(Arc::clone(&counts))).expect("the settings are right");
        let progress = Arc::clone(&counts);
        let thread = thread::spawn(move || {
            let start = Instant::now();
            let mut sent = 0;
            while sent < count && !progress.stop.load(Ordering::Relaxed) {
                let due = usize::try_from(start.elapsed().as_millis()).unwrap_or(usize::MAX) * rate / 1_000;
                while sent < due.min(count) {
                    let (topic, work) = make(sent);
                    send(&producer, &topic, &work);
                    sent += 1;
                }
                thread::sleep(STEP);
            }
            producer.flush(Duration::from_secs(120)).expect("the cluster takes the last records in the end");
        });
        Self { counts, thread }
    }

    /// How many commands the broker has acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.counts.acknowledged.load(Ordering::Relaxed)
    }

    /// Whether all of them are written.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.thread.is_finished()
    }

    /// Writes no more than it has.
    pub fn stop(&self) {
        self.counts.stop.store(true, Ordering::Relaxed);
    }

    /// Waits for the last acknowledgement. How many it were.
    ///
    /// # Panics
    /// When the cluster does not take one of them.
    #[must_use]
    pub fn finish(self) -> usize {
        self.thread.join().expect("the feeder does not panic");
        let failed = self.counts.failed.load(Ordering::Relaxed);
        assert_eq!(failed, 0, "commands that were not written prove nothing");
        self.counts.acknowledged.load(Ordering::Relaxed)
    }
}

fn send(producer: &ThreadedProducer<Context>, topic: &str, work: &Work) {
    let value = work.json("work").to_string();
    let mut record = BaseRecord::to(topic).key(work.key.as_bytes()).payload(value.as_bytes());
    while let Err((error, refused)) = producer.send(record) {
        assert!(
            matches!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)),
            "the producer refuses a command: {error}"
        );
        thread::sleep(STEP);
        record = refused;
    }
}
