//! From a checked configuration to running threads.

use std::sync::Arc;

use tokio::runtime::Handle as Runtime;

use super::{
    KafkaService, ServiceHandle,
    check::Warning,
    classify::completed,
    consumer_thread::ConsumerThread,
    dispatcher_thread::DispatcherThread,
    handle::Running,
    settings::{drain_deadline, stall_limit},
    silence::say_if_nothing_logs,
    stall::StallCheck,
    topics::Topics,
};
use crate::{
    acks::Acks,
    clock::{Clock, SystemClock},
    config::{Brokers, Config},
    engine::{Assembly, AttemptSettings, DispatcherSettings, OutputSettings, Shared},
    error::Error,
    handler::{Classifiers, States},
    health::HealthState,
    publisher::{Publisher, PublisherShared},
    registry::{Handler, Registry, Routes},
    transport::{Connection, Demand, Transport},
};

impl KafkaService {
    /// Checks everything, starts consuming in the background, and returns a handle. For programs that also do something
    /// else, such as serving HTTP; others call [`run`](Self::run).
    ///
    /// The service logs through [`tracing`]. If the program has not set a subscriber, a line on stderr says how.
    ///
    /// An unreachable broker is not an error: the service connects in the background, and
    /// [`health`](ServiceHandle::health) reports when it is ready. Must be called in a tokio runtime.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Config`] or [`Error::Start`] if a check fails; both list all problems. Returns [`Error::CreateState`]
    /// if a value of [`state_with`](Self::state_with) cannot be created, and [`Error::Client`] if the Kafka client
    /// rejects its settings or the cargo feature `kafka` is not enabled.
    pub async fn start(self) -> Result<ServiceHandle, Error> {
        say_if_nothing_logs();
        self.start_on(super::default_transport(), Arc::new(SystemClock)).await
    }

    /// Starts the service on any transport and clock.
    pub(crate) async fn start_on(
        self,
        transport: impl Transport,
        clock: Arc<dyn Clock>,
    ) -> Result<ServiceHandle, Error> {
        let (registry, warnings) = self.checked()?;
        for Warning { text, help } in warnings {
            tracing::warn!(warning = text, help, "configuration warning");
        }
        let Self { config, mut states, factories, classifiers, .. } = self;
        let routes = Routes::new(registry.handlers(), &config);
        log_handlers(&registry, &routes);
        for factory in factories {
            factory.create(&mut states).await?;
        }
        if config.bootstrap_servers == Brokers::Disabled {
            tracing::warn!("Kafka is disabled (KAFKA_BOOTSTRAP_SERVERS is empty); nothing is consumed or published");
            return Ok(ServiceHandle::disabled(&config, clock));
        }
        // Creating clients and the embedded broker are short calls that block.
        let runtime = Runtime::current();
        let program = Program { states, classifiers: completed(classifiers), routes };
        let started = tokio::task::spawn_blocking(move || launch(config, program, transport, &clock, &runtime));
        started.await.map_err(|error| Error::client("start the service", error))?
    }
}

fn log_handlers(registry: &Registry, routes: &Routes) {
    for handler in registry.handlers() {
        let Handler { kind, name, doc, .. } = handler;
        let topics = match routes.topics_of(handler).as_slice() {
            [] => "none: another handler receives its messages".to_owned(),
            topics => topics.join(", "),
        };
        let doc = doc.lines().next().map(str::trim);
        tracing::info!(%kind, name, handler = %handler.location(), topics, doc, "handler registered");
    }
}

/// What the program brings: its handlers, by topic, and what they need.
struct Program {
    states: States,
    classifiers: Classifiers,
    routes: Routes,
}

fn launch(
    config: Config,
    program: Program,
    transport: impl Transport,
    clock: &Arc<dyn Clock>,
    runtime: &Runtime,
) -> Result<ServiceHandle, Error> {
    let Program { states, classifiers, routes } = program;
    let topics = Topics::of(&config, &routes);
    let (acks, incoming) = Acks::new();
    let acks = Arc::new(acks);
    let health = Arc::new(HealthState::default());
    let Connection { producer, read_back, connector, servers, keeps } = transport.connect(Demand {
        config: config.clone(),
        consumed: routes.topics().map(str::to_owned).collect(),
        written: topics.written,
        needed: topics.needed,
        reports: Arc::clone(&acks) as Arc<_>,
        health: Arc::clone(&health),
    })?;
    health.set_servers(&servers);
    let group = config.effective_group_id().into_owned();
    let shared = Arc::new(Shared::new(group, Arc::clone(&acks), Arc::clone(clock), health));
    let publisher = Publisher::new(PublisherShared::new(
        &config,
        Arc::clone(&producer),
        acks,
        Arc::clone(clock),
        Topics::EVENTS,
        topics.commands,
    ));
    let stall_limit = stall_limit(&config, &routes);
    let engine = Assembly {
        shared: Arc::clone(&shared),
        routes,
        states,
        classifiers,
        publisher: publisher.clone(),
        producer: Arc::clone(&producer),
        read_back,
        incoming,
        dispatcher: DispatcherSettings::new(&config),
        attempts: AttemptSettings::new(&config),
        output: OutputSettings::new(&config, Topics::EVENTS, topics.dead_letter),
        max_uncommitted: config.max_uncommitted,
        drain_deadline: drain_deadline(&config),
    };
    let (dispatcher, driver) = engine.build();
    let dispatcher = DispatcherThread::spawn(runtime, Arc::clone(&shared), dispatcher)
        .map_err(|error| Error::client("start the dispatcher thread", error))?;
    let stall = StallCheck::new(Arc::clone(&shared), stall_limit, clock.instant());
    let consumer = ConsumerThread::spawn(connector, driver, stall)
        .map_err(|error| Error::client("start the consumer thread", error))?;
    publisher.offer_as_global();
    Ok(ServiceHandle::running(
        publisher,
        Running { config, servers, shared, producer, consumer, dispatcher, _keeps: keeps },
    ))
}
