//! From a checked configuration to running threads and tasks.

use std::{collections::HashMap, sync::Arc};

use tokio::{runtime::Handle as Runtime, sync::mpsc};

use super::{KafkaService, ServiceHandle, check::Warning, dispatcher::DispatcherThread, handle::Running};
use crate::{
    clock::SystemClock,
    config::{Brokers, Config},
    dispatch::{BATCHES_AHEAD, Core, Costs, Counters, Dispatcher, Fatal, Settings},
    error::Error,
    handler::{Classifiers, States},
    health::HealthState,
    publish::{Acks, Publisher, PublisherCore},
    registry::{Handler, Registry, Routes},
    transport::{
        Producer, TopicId,
        kafka::{self, ConsumerSettings, EmbeddedBroker, KafkaProducer, KafkaReadBack, NeededTopic},
    },
};

impl KafkaService {
    /// Checks everything, starts consuming in the background, and returns a handle. For programs that also do something
    /// else, such as serving HTTP; others call [`run`](Self::run).
    ///
    /// An unreachable broker is not an error: the service connects in the background, and [`health`](ServiceHandle::health)
    /// tells when it is ready. Must be called in a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] and [`Error::Start`] name everything that is wrong, all at once; [`Error::Client`] if the Kafka
    /// client refuses its settings.
    pub async fn start(self) -> Result<ServiceHandle, Error> {
        let (registry, warnings) = self.checked()?;
        for Warning { text, help } in warnings {
            tracing::warn!(help, "{text}");
        }
        let Self { config, states, classifiers, .. } = self;
        let routes = Routes::new(registry.handlers(), &config);
        log_handlers(&registry, &routes);
        if config.bootstrap_servers == Brokers::Disabled {
            tracing::warn!("Kafka is disabled (KAFKA_BOOTSTRAP_SERVERS is empty); nothing is consumed or published");
            return Ok(ServiceHandle::disabled(&config));
        }
        // Creating clients and the embedded broker are short calls that block.
        let runtime = Runtime::current();
        let program = Program { states, classifiers, routes };
        let started = tokio::task::spawn_blocking(move || launch(config, program, runtime));
        started.await.map_err(|error| Error::client("start the service", error))?
    }
}

fn log_handlers(registry: &Registry, routes: &Routes) {
    for handler in registry.handlers() {
        let Handler { kind, name, doc, .. } = handler;
        let topics = match routes.topics_of(handler).as_slice() {
            [] => "no topic (another handler receives its messages)".to_owned(),
            topics => topics.join(", "),
        };
        let summary = doc.lines().next().map(|line| format!(": {}", line.trim())).unwrap_or_default();
        tracing::info!("{kind} `{name}` -> {} on {topics}{summary}", handler.place());
    }
}

/// What the program brings: its handlers, by topic, and what they need.
struct Program {
    states: States,
    classifiers: Classifiers,
    routes: Routes,
}

/// The topics of a service, each once: what it writes to by [`TopicId`], and what it needs.
struct Topics {
    written: Vec<String>,
    needed: Vec<NeededTopic>,
    dead_letter: HashMap<String, TopicId>,
    /// Where commands are sent to that name no topic.
    commands: TopicId,
}

impl Topics {
    const EVENTS: TopicId = TopicId(0);

    fn of(config: &Config, routes: &Routes) -> Self {
        let mut topics =
            Self { written: Vec::new(), needed: Vec::new(), dead_letter: HashMap::new(), commands: Self::EVENTS };
        topics.write(&config.events_topic, "published events");
        for topic in routes.topics() {
            topics.need(topic, routes.purpose(topic), false);
            let dead_letter = topics.write(&config.effective_dead_letter_topic(topic), "dead letters");
            topics.dead_letter.insert(topic.to_owned(), dead_letter);
        }
        if let Some(topic) = config.commands_topics.first() {
            topics.commands = topics.place(topic);
        }
        topics
    }

    fn need(&mut self, name: &str, purpose: &'static str, is_written: bool) {
        let place = self.needed.iter().position(|topic| topic.name == name).unwrap_or_else(|| {
            self.needed.push(NeededTopic { name: name.to_owned(), purpose, is_read: false, is_written: false });
            self.needed.len() - 1
        });
        let topic = &mut self.needed[place];
        topic.is_read |= !is_written;
        topic.is_written |= is_written;
    }

    fn write(&mut self, name: &str, purpose: &'static str) -> TopicId {
        self.need(name, purpose, true);
        self.place(name)
    }

    fn place(&mut self, name: &str) -> TopicId {
        if let Some(place) = self.written.iter().position(|topic| topic == name) {
            return TopicId(place);
        }
        self.written.push(name.to_owned());
        TopicId(self.written.len() - 1)
    }
}

fn launch(config: Config, program: Program, runtime: Runtime) -> Result<ServiceHandle, Error> {
    let topics = Topics::of(&config, &program.routes);
    let (bootstrap, embedded) = brokers(&config, topics.needed.iter().map(|topic| topic.name.as_str()))?;
    let (acks, undelivered) = Acks::new();
    let acks = Arc::new(acks);
    let producer = KafkaProducer::new(&config, &bootstrap, topics.written.clone(), Arc::clone(&acks))
        .map_err(|error| Error::client("create the Kafka client", kafka::describe(&error)))?;
    let producer = Arc::new(producer);
    let health = Arc::new(HealthState::new(&bootstrap));
    let core = Arc::new(core(&config, &bootstrap, &topics, program, Arc::clone(&producer), acks, Arc::clone(&health)));
    let (batch_sender, batches) = mpsc::channel(BATCHES_AHEAD);
    let (control_sender, control) = mpsc::unbounded_channel();
    let dispatcher = Dispatcher::new(Arc::clone(&core), batches, control, undelivered);
    let dispatcher = DispatcherThread::spawn(&runtime, Arc::clone(&core), dispatcher)
        .map_err(|error| Error::client("start the dispatcher thread", error))?;
    let consumer = kafka::spawn(ConsumerSettings {
        bootstrap: bootstrap.clone(),
        topics: core.routes.topics().map(str::to_owned).collect(),
        needed: topics.needed,
        producer,
        core: Arc::clone(&core),
        batches: batch_sender,
        control: control_sender,
        health: Arc::clone(&health),
        runtime,
        config: config.clone(),
    })
    .map_err(|error| Error::client("start the consumer thread", error))?;
    core.publisher.offer_as_global();
    Ok(ServiceHandle::running(Running { config, bootstrap, core, health, consumer, dispatcher, _embedded: embedded }))
}

/// Where the brokers are. If that is in this process, the broker too, with these topics.
pub(super) fn brokers<'a>(
    config: &Config,
    topics: impl Iterator<Item = &'a str>,
) -> Result<(String, Option<EmbeddedBroker>), Error> {
    match &config.bootstrap_servers {
        Brokers::Servers(servers) => Ok((servers.clone(), None)),
        Brokers::Disabled => Ok((String::new(), None)),
        Brokers::Embedded => {
            let refuse = |reason: String| Error::client("start the embedded broker", reason);
            let broker = EmbeddedBroker::start().map_err(refuse)?;
            for topic in topics {
                broker.create_topic(topic).map_err(refuse)?;
            }
            Ok((broker.bootstrap().to_owned(), Some(broker)))
        }
    }
}

fn core(
    config: &Config,
    bootstrap: &str,
    topics: &Topics,
    program: Program,
    producer: Arc<KafkaProducer>,
    acks: Arc<Acks>,
    health: Arc<HealthState>,
) -> Core {
    let producer: Arc<dyn Producer> = producer;
    let publisher = Publisher::new(PublisherCore::new(
        config,
        Arc::clone(&producer),
        Arc::clone(&acks),
        Topics::EVENTS,
        topics.commands,
    ));
    let Program { states, classifiers, routes } = program;
    Core {
        settings: Settings::new(config, Topics::EVENTS, topics.dead_letter.clone()),
        costs: Costs::new(routes.handlers()),
        routes,
        states,
        classifiers,
        publisher,
        producer,
        acks,
        counters: Counters::default(),
        health,
        fatal: Fatal::default(),
        clock: Box::new(SystemClock),
        read_back: Box::new(KafkaReadBack::new(config, bootstrap)),
    }
}

#[cfg(test)]
#[path = "start_tests.rs"]
mod tests;
