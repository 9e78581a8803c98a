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
    sync::mpsc,
    task::{unconstrained, yield_now},
};

use super::broker::{Command, Group, MemoryClient, MemoryProducer, MemoryRecord, NoReadBack, Outbox, TOPIC};
use crate::{
    clock::Clock,
    config::Config,
    consume::{Driver, DriverSettings, Stop},
    dispatch::{BATCHES_AHEAD, Core, Costs, Counters, Dispatcher, Fatal, Settings},
    handler::{Classifiers, States},
    health::HealthState,
    publish::{Acks, Incoming, Publisher, PublisherCore},
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
    core: Arc<Core>,
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
        let (acks, incoming) = Acks::new();
        let producer = Arc::new(MemoryProducer(Arc::clone(&outbox)));
        let config = Config::new("order-service");
        let core = core(&config, producer, Arc::new(acks), Box::new(CountingClock::default()));
        let (core, dispatcher, settings) = wire(core, incoming);
        runtime.spawn(unconstrained(dispatcher.run()));
        let now = Instant::now();
        let driver = Driver::new(MemoryClient::new(commands, Rc::clone(&group)), settings, now);
        Self { runtime, driver, core, group, outbox, now }
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
            finished: Counters::get(&self.core.counters.finished),
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
        self.outbox.acknowledge(&self.core.acks);
    }
}

/// Creates both halves, with the channels between them.
pub(super) fn wire(
    core: Core,
    incoming: mpsc::UnboundedReceiver<Incoming>,
) -> (Arc<Core>, Dispatcher<MemoryRecord>, DriverSettings<MemoryRecord>) {
    let core = Arc::new(core);
    let (batches, received) = mpsc::channel(BATCHES_AHEAD);
    let (control, controls) = mpsc::unbounded_channel();
    let dispatcher = Dispatcher::new(Arc::clone(&core), received, controls, incoming);
    let settings = DriverSettings {
        core: Arc::clone(&core),
        batches,
        control,
        health: Arc::new(HealthState::default()),
        stop: Arc::new(Stop::default()),
        max_uncommitted: Config::new("").max_uncommitted,
        drain_deadline: Duration::from_secs(10),
    };
    (core, dispatcher, settings)
}

pub(super) fn core(config: &Config, producer: Arc<dyn Producer>, acks: Arc<Acks>, clock: Box<dyn Clock>) -> Core {
    let registry = Registry::from_handlers(registry::linked()).expect("the handlers of the benchmark are sound");
    let routes = Routes::new(registry.handlers(), config);
    Core {
        settings: Settings::new(config, EVENTS, HashMap::from([(TOPIC.to_owned(), DEAD_LETTERS)])),
        costs: Costs::new(routes.handlers()),
        routes,
        states: States::default(),
        classifiers: Classifiers::default(),
        publisher: Publisher::new(PublisherCore::new(config, Arc::clone(&producer), Arc::clone(&acks), EVENTS, EVENTS)),
        producer,
        acks,
        counters: Counters::default(),
        health: Arc::default(),
        fatal: Fatal::default(),
        clock,
        read_back: Box::new(NoReadBack),
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
