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
    health::{Access, HealthState},
    oauth::{self, Tokens},
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
        let Self { config, mut states, factories, classifiers, token_provider, .. } = self;
        let routes = Routes::new(registry.handlers(), &config);
        log_handlers(&registry, &routes);
        for factory in factories {
            factory.create(&mut states).await?;
        }
        if config.bootstrap_servers == Brokers::Disabled {
            tracing::warn!("Kafka is disabled (KAFKA_BOOTSTRAP_SERVERS is empty); nothing is consumed or published");
            return Ok(ServiceHandle::disabled(&config, clock));
        }
        let health = Arc::new(HealthState::default());
        // Before any client exists, so that each has a token from the start.
        let tokens = match token_provider.filter(|_| config.bootstrap_servers != Brokers::Embedded) {
            Some(provider) => Some(oauth::start(provider, Arc::clone(&health), Arc::clone(&clock)).await),
            None => None,
        };
        // Creating clients and the embedded broker are short calls that block.
        let runtime = Runtime::current();
        let program = Program { states, classifiers: completed(classifiers), routes, health, tokens };
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

/// What the program brings: its handlers, by topic, what they need, and its tokens.
struct Program {
    states: States,
    classifiers: Classifiers,
    routes: Routes,
    health: Arc<HealthState>,
    tokens: Option<Arc<Tokens>>,
}

fn launch(
    config: Config,
    program: Program,
    transport: impl Transport,
    clock: &Arc<dyn Clock>,
    runtime: &Runtime,
) -> Result<ServiceHandle, Error> {
    let Program { states, classifiers, routes, health, tokens } = program;
    let topics = Topics::of(&config, &routes);
    let renewal = tokens.as_ref().map(Tokens::guard);
    let (acks, incoming) = Acks::new();
    let acks = Arc::new(acks);
    let Connection { producer, read_back, connector, servers, keeps } = transport.connect(Demand {
        config: config.clone(),
        consumed: routes.topics().map(str::to_owned).collect(),
        written: topics.written,
        needed: topics.needed,
        reports: Arc::clone(&acks) as Arc<_>,
        health: Arc::clone(&health),
        tokens,
    })?;
    health.set_access(Access::new(&config, &servers));
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
        Running { config, servers, shared, producer, consumer, dispatcher, _renewal: renewal, _keeps: keeps },
    ))
}

#[cfg(feature = "tls")]
#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{
            Arc, Weak,
            atomic::{AtomicUsize, Ordering},
        },
        time::{Duration, Instant},
    };

    use crate::{
        Config, KafkaService,
        health::Reason,
        oauth::{Token, TokenProvider},
    };

    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl TokenProvider for Counting {
        type Error = io::Error;

        /// The first attempt fails.
        async fn token(&self) -> io::Result<Token> {
            if self.0.fetch_add(1, Ordering::Relaxed) == 0 {
                return Err(io::Error::other("not yet"));
            }
            Ok(Token::expiring_in("token", Duration::from_secs(60)))
        }
    }

    async fn wait_until(what: &str, is_true: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !is_true() {
            assert!(Instant::now() < deadline, "{what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn tokens_are_renewed_from_start_to_shutdown() {
        let provider = Arc::new(Counting::default());
        let mut config = Config::new("tokens").bootstrap_servers("127.0.0.1:1");
        config.shutdown_deadline = Duration::from_millis(100);
        config.set_property("security.protocol", "sasl_plaintext").unwrap();
        config.set_property("sasl.mechanism", "OAUTHBEARER").unwrap();
        // With what the handlers of this test program need.
        let service = KafkaService::new(config).state(String::new()).token_provider(Arc::clone(&provider));
        let service = service.start().await.unwrap();
        let health = service.health_watch();
        let has_none = || health.now().problems.iter().any(|problem| problem.reason == Reason::TokenUnavailable);
        assert!(has_none(), "{health:?}");
        wait_until("the second attempt", || !has_none()).await;
        let publisher = service.publisher();
        let left: Weak<Counting> = Arc::downgrade(&provider);
        drop(provider);
        service.shutdown().await.unwrap();
        wait_until("the end of the provider", || left.strong_count() == 0).await;
        drop(publisher);
    }
}
