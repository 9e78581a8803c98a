//! A complete pass: driver, dispatcher, handler, producer, acknowledgement, commit. On one thread, wired as in
//! `service/start.rs`.

use std::{
    collections::HashMap,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::{
    runtime::{Builder, Runtime},
    task::{unconstrained, yield_now},
};

use super::broker::{Command, Group, MemoryClient, MemoryProducer, NoReadBack, Outbox, TOPIC};
use crate::{
    acks::Acks,
    clock::Clock,
    config::Config,
    engine::{Assembly, AttemptSettings, Counters, DispatcherSettings, Driver, OutputSettings, Shared},
    handler::{Classifiers, States},
    publisher::{Publisher, PublisherShared},
    registry::{self, Registry, Routes},
    transport::{Producer, TopicId},
};

const EVENTS: TopicId = TopicId(0);
const DEAD_LETTERS: TopicId = TopicId(1);
/// How far the time advances in each turn of the loop: about the time of a batch.
const TURN: Duration = Duration::from_millis(1);
/// After this many turns without an end, something is broken.
const MOST_TURNS: u32 = 1_000_000;

/// The engine of a service with all handlers of this program, on a broker in memory.
pub struct Engine {
    runtime: Runtime,
    driver: Driver<MemoryClient>,
    shared: Arc<Shared>,
    group: Rc<Group>,
    outbox: Arc<Outbox>,
    now: Instant,
}

/// The results of an engine.
#[derive(Clone, Debug)]
pub struct Report {
    /// Commands whose handler has finished.
    pub finished: u64,
    /// Events that were produced.
    pub events: u64,
    /// Bytes of their keys and values.
    pub event_bytes: u64,
    /// Offsets that were committed, as a number of records.
    pub committed: u64,
    /// The value of the first event.
    pub first_event: Vec<u8>,
}

impl Engine {
    /// Starts the engine. The commands are repeated at ever higher offsets.
    ///
    /// # Panics
    ///
    /// Panics if the handlers of the program fail their check, or no thread can be started.
    #[must_use]
    pub fn start(commands: Vec<Command>) -> Self {
        let runtime = Builder::new_current_thread().build().expect("a runtime without drivers needs nothing");
        let (group, outbox) = (Group::new(), Arc::new(Outbox::default()));
        let producer = Arc::new(MemoryProducer(Arc::clone(&outbox)));
        let (dispatcher, settings) = assembly(producer, Arc::new(CountingClock::default())).build();
        let shared = Arc::clone(&settings.shared);
        runtime.spawn(unconstrained(dispatcher.run()));
        let now = Instant::now();
        let driver = Driver::new(MemoryClient::new(commands, Rc::clone(&group)), settings, now);
        Self { runtime, driver, shared, group, outbox, now }
    }

    /// Processes this many more commands, with one event each, until their events are acknowledged.
    pub fn run(&mut self, commands: u64) {
        let until = self.group.offered.get() + commands;
        self.group.offered.set(until);
        self.turn_until(|engine| engine.outbox.acknowledged() >= until);
    }

    /// Lets it commit what is finished.
    pub fn settle(&mut self) {
        self.turn_until(|engine| engine.group.committed() >= engine.group.offered.get());
    }

    /// Returns the results so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let sent = self.outbox.sent();
        Report {
            finished: Counters::get(&self.shared.counters.finished),
            events: sent.events,
            event_bytes: sent.bytes,
            committed: self.group.committed(),
            first_event: sent.first.clone().unwrap_or_default(),
        }
    }

    fn turn_until(&mut self, done: impl Fn(&Self) -> bool) {
        for _ in 0..MOST_TURNS {
            if done(self) {
                return;
            }
            self.turn();
        }
        let Report { finished, events, committed, .. } = self.report();
        unreachable!("it comes to no end: {finished} finished, {events} events, {committed} committed");
    }

    /// One step of the consumer thread, then of the dispatcher, then the acknowledgements.
    fn turn(&mut self) {
        let Self { runtime, driver, now, .. } = self;
        *now += TURN;
        runtime.block_on(async {
            driver.step(*now);
            yield_now().await;
        });
        self.outbox.acknowledge(&self.shared.acks);
    }
}

/// An engine with all handlers of this program.
pub(super) fn assembly(producer: Arc<dyn Producer>, clock: Arc<dyn Clock>) -> Assembly {
    let config = Config::new("order-service");
    let registry = Registry::from_handlers(registry::linked()).expect("the handlers of the benchmark are sound");
    let (acks, incoming) = Acks::new();
    let group = config.effective_group_id().into_owned();
    let shared = Arc::new(Shared::new(group, Arc::new(acks), Arc::clone(&clock), Arc::default()));
    let acks = Arc::clone(&shared.acks);
    let publisher = PublisherShared::new(&config, Arc::clone(&producer), acks, clock, EVENTS, EVENTS);
    Assembly {
        shared,
        routes: Routes::new(registry.handlers(), &config),
        states: States::default(),
        classifiers: Classifiers::default(),
        publisher: Publisher::new(publisher),
        producer,
        read_back: Box::new(NoReadBack),
        incoming,
        dispatcher: DispatcherSettings::new(&config),
        attempts: AttemptSettings::new(&config),
        output: OutputSettings::new(&config, EVENTS, HashMap::from([(TOPIC.to_owned(), DEAD_LETTERS)])),
        max_uncommitted: config.max_uncommitted,
        drain_deadline: Duration::from_secs(10),
    }
}

/// A clock that advances by some microseconds whenever the time of day is read, and not otherwise.
struct CountingClock {
    micros: AtomicI64,
    start: Instant,
}

impl Default for CountingClock {
    fn default() -> Self {
        Self { micros: AtomicI64::new(1_795_000_000_000_000), start: Instant::now() }
    }
}

impl Clock for CountingClock {
    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        // Nothing is retried here, and a handler that is ready at its first poll has no timeout.
        Box::pin(std::future::pending())
    }

    fn instant(&self) -> Instant {
        self.start
    }

    fn timestamp(&self) -> Timestamp {
        Timestamp::from_microsecond(self.micros.fetch_add(3, Ordering::Relaxed)).unwrap_or(Timestamp::MAX)
    }

    fn random(&self) -> u64 {
        0
    }
}
