//! Measures how long a command is in the engine, with the threads of a service: one that consumes and one that
//! dispatches.

use std::{
    rc::Rc,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use tokio::{runtime::Handle, task::unconstrained};

use super::{
    broker::{Command, Group, MemoryClient, MemoryProducer, Outbox, Pace},
    engine::assembly,
};
use crate::{
    clock::SystemClock,
    engine::Driver,
    sync,
    transport::{OutRecord, Producer, SendError, Token},
};

/// Sends `count` commands through the engine, one after another at this rate. Returns how long each took from the
/// arrival of its record until its event was handed to the producer, sorted.
///
/// # Panics
///
/// Panics if the handlers of the program fail their check, or no thread can be started.
#[must_use]
pub fn latencies(runtime: &Handle, commands: Vec<Command>, every: Duration, count: usize) -> Vec<Duration> {
    let (group, outbox) = (Group::new(), Arc::new(Outbox::default()));
    let producer = Arc::new(Timed { producer: MemoryProducer(Arc::clone(&outbox)), sent: Mutex::default() });
    let engine = assembly(Arc::clone(&producer) as Arc<dyn Producer>, Arc::new(SystemClock));
    let (dispatcher, settings) = engine.build();
    let acks = Arc::clone(&settings.shared.acks);
    // As in `service/dispatcher.rs`.
    let runtime = runtime.clone();
    let dispatching = thread::spawn(move || runtime.block_on(unconstrained(dispatcher.run())));
    let pace = Pace::new(every);
    let client = MemoryClient::new(commands, Rc::clone(&group)).paced(Rc::clone(&pace));
    let mut driver = Driver::new(client, settings, Instant::now());
    while outbox.acknowledged() < count as u64 {
        assert!(!dispatching.is_finished(), "the dispatcher ended before its commands");
        driver.step(Instant::now());
        outbox.acknowledge(&acks);
    }
    // The dispatcher ends with the last sender of batches.
    drop(driver);
    dispatching.join().expect("the dispatcher has ended");
    let sent = sync::lock(&producer.sent);
    let given = pace.given.borrow();
    // The handler is ready at its first poll and returns one event, so events and commands have the same order.
    let wait = |(given, sent): (&Instant, &Instant)| sent.checked_duration_since(*given).expect("an event comes after");
    let mut waits: Vec<_> = given.iter().zip(sent.iter()).map(wait).collect();
    waits.sort_unstable();
    waits
}

/// Records when it was called.
struct Timed {
    producer: MemoryProducer,
    sent: Mutex<Vec<Instant>>,
}

impl Producer for Timed {
    fn send(&self, record: &OutRecord<'_>, token: Token) -> Result<(), SendError> {
        sync::lock(&self.sent).push(Instant::now());
        self.producer.send(record, token)
    }

    fn idle(&self) {}

    fn flush(&self, _: Duration) -> usize {
        0
    }
}
