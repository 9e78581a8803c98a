//! One process of the service: the real driver and the real dispatcher, wired as in production.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Wake, Waker},
    time::Instant,
};

use tokio::sync::mpsc;

use super::{
    client::{SimClient, SimRecord},
    handlers::HANDLERS,
    identity::{DEAD_LETTERS, EVENTS},
    outbox::Outbox,
    producer::SimProducer,
    random::Random,
    read_back::SimReadBack,
    scene::{Consumer, Scene},
    time::SimClock,
    topic,
    world::{SharedWorld, World, open},
};
use crate::{
    acks::{Acks, Incoming},
    config::{Config, DeadLetterHeaders, MessageIdLocation},
    engine::{
        Assembly, AttemptSettings, DispatcherSettings, Driver, DriverSettings, End, OutputSettings, Shared, Step, Stop,
    },
    handler::{Classifiers, States},
    publisher::{Backlog, Publisher, PublisherShared},
    registry::{Registry, Routes},
    sync,
    transport::Producer,
};

const GROUP: &str = "simulation";

/// A process.
pub(super) struct Instance {
    pub(super) id: u32,
    pub(super) shared: Arc<Shared>,
    pub(super) stop: Arc<Stop>,
    consumer: Arc<Mutex<Consumer>>,
    /// What the next driver is created with; `None` once the last has ended.
    next: Option<NextDriver>,
    dispatcher: Option<Pin<Box<dyn Future<Output = ()>>>>,
    woken: Arc<Flag>,
    /// Whether it gets no CPU time.
    pub(super) frozen: bool,
    /// Whether it had a fatal fault.
    pub(super) wounded: bool,
}

/// What the drivers of one process share.
struct NextDriver {
    world: SharedWorld,
    settings: DriverSettings<SimRecord>,
}

impl NextDriver {
    fn make(&self, id: u32, now: Instant) -> Driver<SimClient> {
        Driver::new(SimClient { world: Arc::clone(&self.world), instance: id }, self.settings.clone(), now)
    }
}

/// Set when the dispatcher wants to be polled.
#[derive(Debug)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Instance {
    /// Starts a process, which joins the group.
    pub(super) fn start(world: &SharedWorld, id: u32) -> Self {
        let mut opened = open(world);
        let random = Random::new(opened.choices.number("seed"));
        opened.outboxes.insert(id, Outbox::default());
        opened.join(id);
        let (acks, incoming) = Acks::new();
        let acks = Arc::new(acks);
        let consumer = Arc::new(Mutex::new(Consumer::default()));
        let scene = Scene { world: Arc::clone(world), instance: id, acks, consumer: Arc::downgrade(&consumer) };
        let clock = SimClock { time: Arc::clone(&opened.time), random: Mutex::new(random) };
        let shared = Arc::new(Shared::new(GROUP.to_owned(), Arc::clone(&scene.acks), Arc::new(clock), Arc::default()));
        let (dispatcher, settings) = assembly(&opened, scene, &shared, incoming).build();
        let stop = Arc::clone(&settings.stop);
        let next = NextDriver { world: Arc::clone(world), settings };
        lock(&consumer).driver = Some(next.make(id, opened.time.now()));
        Self {
            id,
            shared,
            stop,
            consumer,
            next: Some(next),
            dispatcher: Some(Box::pin(dispatcher.run())),
            woken: Arc::new(Flag(AtomicBool::new(true))),
            frozen: false,
            wounded: false,
        }
    }

    /// Runs one step of the driver.
    pub(super) fn drive(&mut self, now: Instant) -> Option<Step> {
        let mut consumer = lock(&self.consumer);
        let step = consumer.step(now);
        match (&step, &self.next) {
            (Some(Step::End(End::Recreate(_))), Some(next)) => {
                if let Some(mut driver) = consumer.driver.take() {
                    driver.abandon(now);
                }
                open(&next.world).replace_client(self.id);
                consumer.driver = Some(next.make(self.id, now));
            }
            (Some(Step::End(_)), _) => {
                consumer.driver = None;
                self.next = None;
            }
            _ => {}
        }
        step
    }

    pub(super) fn has_driver(&self) -> bool {
        lock(&self.consumer).driver.is_some()
    }

    pub(super) fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::Relaxed)
    }

    /// Polls the dispatcher. Returns true if it has ended.
    pub(super) fn poll(&mut self) -> bool {
        let Some(dispatcher) = &mut self.dispatcher else { return false };
        self.woken.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&self.woken));
        let ended = dispatcher.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        if ended {
            self.dispatcher = None;
        }
        ended
    }

    pub(super) fn has_dispatcher(&self) -> bool {
        self.dispatcher.is_some()
    }
}

fn lock(consumer: &Mutex<Consumer>) -> MutexGuard<'_, Consumer> {
    sync::lock(consumer)
}

fn routes() -> Routes {
    let mut config = Config::new(GROUP);
    config.commands_topics = vec![topic::NAME.to_owned()];
    Routes::new(Registry::from_handlers(HANDLERS).expect("the handlers are sound").handlers(), &config)
}

fn assembly(
    opened: &World,
    scene: Scene,
    shared: &Arc<Shared>,
    incoming: mpsc::UnboundedReceiver<Incoming>,
) -> Assembly {
    let settings = &opened.settings;
    let (world, instance, acks) = (Arc::clone(&scene.world), scene.instance, Arc::clone(&scene.acks));
    let read_back = SimReadBack { world: Arc::clone(&world), instance };
    let producer: Arc<dyn Producer> = Arc::new(SimProducer { world, instance, acks: Arc::clone(&acks) });
    let publisher = Publisher::new(PublisherShared {
        producer: Some(Arc::clone(&producer)),
        acks,
        clock: Arc::clone(&shared.clock),
        events_topic: EVENTS,
        commands_topic: EVENTS,
        group: GROUP.to_owned(),
        source: GROUP.to_owned(),
        message_id: MessageIdLocation::Envelope,
        publish_timeout: std::time::Duration::from_secs(30),
        backlog: Backlog::default(),
        keeps: None,
    });
    let mut states = States::default();
    states.insert(scene);
    Assembly {
        shared: Arc::clone(shared),
        routes: routes(),
        states,
        classifiers: Classifiers::default(),
        publisher,
        producer,
        read_back: Box::new(read_back),
        incoming,
        dispatcher: DispatcherSettings {
            ordering: settings.ordering(),
            max_in_flight: settings.max_in_flight,
            unknown_commands: settings.unknown(),
        },
        attempts: AttemptSettings { handler_timeout: settings.timeout(), retry: settings.retry() },
        output: OutputSettings {
            source: GROUP.to_owned(),
            message_id: MessageIdLocation::Envelope,
            events_topic: EVENTS,
            dead_letter_topics: HashMap::from([(topic::NAME.to_owned(), DEAD_LETTERS)]),
            dead_letter_headers: DeadLetterHeaders::default(),
            dead_letter_limit: None,
        },
        max_uncommitted: settings.max_uncommitted,
        drain_deadline: settings.drain(),
    }
}
