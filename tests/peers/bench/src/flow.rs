//! Commands at a fixed rate, independent of the service (an open loop), and the arrival times of their events.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rdkafka::{
    Message,
    producer::{DefaultProducerContext, Producer, ThreadedProducer},
};

use crate::{
    command::{Shape, number},
    kafka::{EVENT_PARTITIONS, Kafka, send, settings},
    measure::Topics,
};

/// The arrivals so far.
#[derive(Debug, Default)]
struct Arrivals {
    /// The time from the scheduled send of the command.
    waits: Mutex<Vec<Option<Duration>>>,
    distinct: AtomicU64,
    duplicates: AtomicU64,
    is_over: AtomicBool,
}

/// A running flow.
pub(crate) struct Flow {
    arrivals: Arc<Arrivals>,
    threads: Vec<JoinHandle<()>>,
    count: u64,
}

/// The result of a flow.
pub(crate) struct Arrived {
    /// By command number; `None`: the event never arrived.
    pub(crate) waits: Vec<Option<Duration>>,
    pub(crate) missing: u64,
    pub(crate) duplicates: u64,
}

impl Flow {
    /// Sends `shape.count` commands, `rate` per second.
    pub(crate) fn start(kafka: &Kafka, topics: &Topics, shape: &Shape, rate: u64) -> Self {
        let mut settings = settings(&kafka.bootstrap);
        settings.set("linger.ms", if rate > 1_000 { "1" } else { "0" }).set("partitioner", "murmur2_random");
        let producer: ThreadedProducer<DefaultProducerContext> = settings.create().expect("a valid producer");
        let arrivals =
            Arc::new(Arrivals { waits: Mutex::new(vec![None; shape.count as usize]), ..Arrivals::default() });
        let reader = kafka.read(&topics.events, EVENT_PARTITIONS);
        // Connect before the first command.
        let _ = reader.poll(Duration::from_millis(300));
        let begin = Instant::now() + Duration::from_millis(20);
        let when = move |number: u64| begin + Duration::from_nanos(1_000_000_000 / rate * number);
        let (commands, shape, count) = (topics.commands.clone(), shape.clone(), shape.count);
        let sender = thread::spawn(move || {
            for number in 0..count {
                let (key, value) = (shape.key(number), shape.value(number));
                thread::sleep(when(number).saturating_duration_since(Instant::now()));
                send(&producer, &commands, &key, &value);
            }
            producer.flush(Duration::from_secs(30)).expect("the broker acknowledges them");
        });
        let receiver = thread::spawn({
            let arrivals = Arc::clone(&arrivals);
            move || {
                while !arrivals.is_over.load(Ordering::Relaxed) {
                    let Some(Ok(message)) = reader.poll(Duration::from_millis(50)) else { continue };
                    let now = Instant::now();
                    let number = message.payload().and_then(number).expect("an event has a known correlation id");
                    arrivals.note(number, now.saturating_duration_since(when(number)));
                }
            }
        });
        Self { arrivals, threads: vec![sender, receiver], count }
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.arrivals.distinct.load(Ordering::Relaxed) == self.count
    }

    /// Waits until all events have arrived, or until the deadline, and a little longer to see duplicates.
    pub(crate) fn finish(self, deadline: Instant) -> Arrived {
        while !self.is_complete() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        thread::sleep(Duration::from_millis(200));
        self.arrivals.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("no panic");
        }
        let waits = std::mem::take(&mut *self.arrivals.waits.lock().expect("no panic"));
        Arrived {
            missing: waits.iter().filter(|wait| wait.is_none()).count() as u64,
            waits,
            duplicates: self.arrivals.duplicates.load(Ordering::Relaxed),
        }
    }
}

impl Arrivals {
    fn note(&self, number: u64, wait: Duration) {
        match &mut self.waits.lock().expect("no panic")[number as usize] {
            Some(_) => self.duplicates.fetch_add(1, Ordering::Relaxed),
            first => {
                *first = Some(wait);
                self.distinct.fetch_add(1, Ordering::Relaxed)
            }
        };
    }
}
