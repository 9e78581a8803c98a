//! Writes commands at a fixed rate, whether or not brokers are available.

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

/// A thread that writes commands, with its progress.
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

/// When record `n` is due.
const STEP: Duration = Duration::from_millis(10);

impl Feeder {
    /// Writes `count` commands at `rate` per second; `make` returns the topic and the record of each.
    ///
    /// # Panics
    /// Panics when the client settings are invalid.
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
            config.create_with_context(Context(Arc::clone(&counts))).expect("the settings are valid");
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
            producer.flush(Duration::from_secs(120)).expect("the cluster acknowledges the last records");
        });
        Self { counts, thread }
    }

    /// The number of acknowledged commands.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.counts.acknowledged.load(Ordering::Relaxed)
    }

    /// Whether all commands are written.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.thread.is_finished()
    }

    /// Stops after the commands that are already written.
    pub fn stop(&self) {
        self.counts.stop.store(true, Ordering::Relaxed);
    }

    /// Waits for the last acknowledgement, and returns the number of acknowledged commands.
    ///
    /// # Panics
    /// Panics when a delivery failed.
    #[must_use]
    pub fn finish(self) -> usize {
        self.thread.join().expect("the feeder does not panic");
        let failed = self.counts.failed.load(Ordering::Relaxed);
        assert_eq!(failed, 0, "the delivery of commands failed");
        self.counts.acknowledged.load(Ordering::Relaxed)
    }
}

fn send(producer: &ThreadedProducer<Context>, topic: &str, work: &Work) {
    let value = work.json("work").to_string();
    let mut record = BaseRecord::to(topic).key(work.key.as_bytes()).payload(value.as_bytes());
    while let Err((error, refused)) = producer.send(record) {
        assert!(
            matches!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull)),
            "the producer rejects a command: {error}"
        );
        thread::sleep(STEP);
        record = refused;
    }
}
