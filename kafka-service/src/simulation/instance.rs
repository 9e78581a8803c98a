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
    time::{Duration, Instant},
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
    world::{Shared, World, open},
};
use crate::{
    config::{Config, DeadLetterHeaders, MessageIdLocation},
    consume::{Driver, DriverSettings, End, Step, Stop},
    dispatch::{BATCHES_AHEAD, Batch, Control, Core, Costs, Counters, Dispatcher, Fatal, Settings},
    handler::{Classifiers, States},
    health::HealthState,
    publish::{Acks, Publisher, PublisherCore},
    registry::{Registry, Routes},
    sync,
    transport::Producer,
};

const GROUP: &str = "simulation";

/// A process.
pub(super) struct Instance {
    pub(super) id: u32,
    pub(super) core: Arc<Core>,
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
    world: Shared,
    batches: mpsc::Sender<Batch<SimRecord>>,
    control: mpsc::UnboundedSender<Control>,
    max_uncommitted: usize,
    drain_deadline: Duration,
}

impl NextDriver {
    fn make(&self, id: u32, core: &Arc<Core>, stop: &Arc<Stop>, now: Instant) -> Driver<SimClient> {
        let settings = DriverSettings {
            core: Arc::clone(core),
            batches: self.batches.clone(),
            control: self.control.clone(),
            health: Arc::new(HealthState::default()),
            stop: Arc::clone(stop),
            max_uncommitted: self.max_uncommitted,
            drain_deadline: self.drain_deadline,
        };
        Driver::new(SimClient { world: Arc::clone(&self.world), instance: id }, settings, now)
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
    pub(super) fn start(world: &Shared, id: u32) -> Self {
        let mut opened = open(world);
        let random = Random::new(opened.choices.number("seed"));
        opened.outboxes.insert(id, Outbox::default());
        opened.join(id);
        let (acks, undelivered) = Acks::new();
        let acks = Arc::new(acks);
        let consumer = Arc::new(Mutex::new(Consumer::default()));
        let scene = Scene { world: Arc::clone(world), instance: id, acks, consumer: Arc::downgrade(&consumer) };
        let core = Arc::new(core(&opened, scene, random));
        let (batches, received) = mpsc::channel(BATCHES_AHEAD);
        let (control, controls) = mpsc::unbounded_channel();
        let stop = Arc::new(Stop::default());
        let next = NextDriver {
            world: Arc::clone(world),
            batches,
            control,
            max_uncommitted: opened.settings.max_uncommitted,
            drain_deadline: opened.settings.drain(),
        };
        lock(&consumer).driver = Some(next.make(id, &core, &stop, opened.time.now()));
        let dispatcher = Dispatcher::<SimRecord>::new(Arc::clone(&core), received, controls, undelivered);
        Self {
            id,
            core,
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
                consumer.driver = Some(next.make(self.id, &self.core, &self.stop, now));
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

fn core(opened: &World, scene: Scene, random: Random) -> Core {
    let settings = &opened.settings;
    let (world, instance, acks) = (Arc::clone(&scene.world), scene.instance, Arc::clone(&scene.acks));
    let read_back = SimReadBack { world: Arc::clone(&world), instance };
    let producer: Arc<dyn Producer> = Arc::new(SimProducer { world, instance, acks: Arc::clone(&acks) });
    let publisher = Publisher::new(PublisherCore {
        producer: Some(Arc::clone(&producer)),
        acks: Arc::clone(&acks),
        events_topic: EVENTS,
        commands_topic: EVENTS,
        group: GROUP.to_owned(),
        source: GROUP.to_owned(),
        message_id: MessageIdLocation::Envelope,
        keeps: None,
    });
    let mut states = States::default();
    states.insert(scene);
    let routes = routes();
    Core {
        settings: Settings {
            group: GROUP.to_owned(),
            source: GROUP.to_owned(),
            message_id: MessageIdLocation::Envelope,
            ordering: settings.ordering(),
            max_in_flight: settings.max_in_flight,
            handler_timeout: settings.timeout(),
            retry: settings.retry(),
            unknown_commands: settings.unknown(),
            events_topic: EVENTS,
            dead_letter_topics: HashMap::from([(topic::NAME.to_owned(), DEAD_LETTERS)]),
            dead_letter_headers: DeadLetterHeaders::default(),
            dead_letter_limit: None,
        },
        costs: Costs::new(routes.handlers()),
        routes,
        states,
        classifiers: Classifiers::default(),
        publisher,
        producer,
        acks,
        counters: Counters::default(),
        health: Arc::default(),
        fatal: Fatal::default(),
        read_back: Box::new(read_back),
        clock: Box::new(SimClock { time: Arc::clone(&opened.time), random: Mutex::new(random) }),
    }
}
