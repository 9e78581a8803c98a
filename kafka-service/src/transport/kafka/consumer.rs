//! The thread that owns the consuming client, steps the driver, and takes a new client where the old one cannot go on.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    config::FromClientConfigAndContext as _,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use super::{
    client::{KafkaClient, wait_until_free},
    client_config::{self, Protocol, describe},
    client_log::ClientLog,
    context::Context,
    ffi::NativeRecord,
    probe::{Look, Probe, ProbeSettings},
    producer::KafkaProducer,
    supervisor::Supervisor,
    topics::{self, Found, NeededTopic},
};
use crate::{
    config::{Config, GroupProtocol},
    consume::{Client as _, ClientEvent, Driver, DriverSettings, End, Ended, Step, Stop},
    dispatch::{Batch, Control, Core},
    health::{HealthState, Operation, Reason, Resource},
};

/// What the consumer thread is made of.
pub(crate) struct ConsumerSettings {
    pub(crate) config: Config,
    pub(crate) bootstrap: String,
    /// The topics that it consumes.
    pub(crate) topics: Vec<String>,
    /// The topics that must exist before it begins.
    pub(crate) needed: Vec<NeededTopic>,
    pub(crate) producer: Arc<KafkaProducer>,
    pub(crate) core: Arc<Core>,
    pub(crate) batches: mpsc::Sender<Batch<NativeRecord>>,
    pub(crate) control: mpsc::UnboundedSender<Control>,
    pub(crate) health: Arc<HealthState>,
    pub(crate) runtime: Handle,
}

/// The running thread.
#[derive(Debug)]
pub(crate) struct ConsumerHandle {
    stop: Arc<Stop>,
    pub(crate) ended: oneshot::Receiver<Ended>,
}

impl ConsumerHandle {
    /// Asks the thread to take nothing more, let what runs finish until `deadline`, commit, and leave the group.
    pub(crate) fn stop(&self, deadline: Instant) {
        self.stop.request(deadline);
    }
}

/// How long the client waits for something to happen while there is nothing to consume.
const WAIT: Duration = Duration::from_millis(20);
/// How often the thread looks whether missing topics exist by now.
const TOPIC_CHECK_EVERY: Duration = Duration::from_secs(1);
/// How soon it looks after it has created them.
const CREATED_TOPIC_CHECK: Duration = Duration::from_millis(100);

/// Starts the thread.
pub(crate) fn spawn(settings: ConsumerSettings) -> std::io::Result<ConsumerHandle> {
    let stop = Arc::new(Stop::default());
    let (end, ended) = oneshot::channel();
    let handle = ConsumerHandle { stop: Arc::clone(&stop), ended };
    thread::Builder::new().name("kafka-consumer".to_owned()).spawn(move || {
        let supervisor = Supervisor::new(&settings, Instant::now());
        let ended = Thread { settings, stop, supervisor, log: Arc::new(ClientLog::new("consumer")) }.run();
        // Nobody may wait any more.
        _ = end.send(ended);
    })?;
    Ok(handle)
}

struct Thread {
    settings: ConsumerSettings,
    stop: Arc<Stop>,
    supervisor: Supervisor,
    log: Arc<ClientLog>,
}

impl Thread {
    /// Runs one client after another until one ends for good. The first may end because the broker does not speak the newer
    /// protocol, and any because only a new one can go on.
    fn run(&mut self) -> Ended {
        let (mut protocol, fallback) = match self.settings.config.group_protocol {
            GroupProtocol::Consumer => (Protocol::Consumer, false),
            GroupProtocol::Classic => (Protocol::Classic, false),
            GroupProtocol::Auto => (Protocol::Consumer, true),
        };
        loop {
            let may_fall_back = fallback && protocol == Protocol::Consumer;
            let client = match self.create(protocol) {
                Ok(client) => client,
                Err(error) if may_fall_back => {
                    tracing::info!(
                        error = describe(&error),
                        "configuration is incompatible with group.protocol=consumer (KIP-848); falling back to classic"
                    );
                    protocol = Protocol::Classic;
                    continue;
                }
                Err(error) => return self.fail(format!("cannot create the Kafka consumer: {}", describe(&error))),
            };
            match self.session(client) {
                End::Stopped(ended) => return ended,
                End::Fatal(reason, ended) => {
                    self.fail(reason);
                    return ended;
                }
                End::Recreate(reason) => {
                    tracing::warn!(
                        cause = reason,
                        "replacing the Kafka consumer; uncommitted records of its partitions will be redelivered"
                    );
                    self.pause();
                }
                End::ProtocolRefused if may_fall_back => {
                    tracing::info!(
                        "broker does not support group.protocol=consumer (KIP-848, Kafka 4.0); falling back to classic"
                    );
                    protocol = Protocol::Classic;
                }
                End::ProtocolRefused => {
                    return self.fail("the broker does not speak group.protocol=consumer (KIP-848, Kafka 4.0) / help: set KAFKA_GROUP_PROTOCOL=auto or classic".to_owned());
                }
            }
        }
    }

    /// Before the next client, so that a cause that lasts does not make one client after another.
    fn pause(&mut self) {
        let until = self.supervisor.next_client(Instant::now());
        while Instant::now() < until && !self.stop.is_requested() {
            thread::sleep(WAIT);
        }
    }

    fn fail(&self, reason: String) -> Ended {
        self.settings.health.tick(Some(&reason), Instant::now());
        self.settings.core.fatal.report(reason);
        Ended::default()
    }

    fn create(&self, protocol: Protocol) -> Result<KafkaClient, KafkaError> {
        let config = client_config::consumer(&self.settings.config, &self.settings.bootstrap, protocol);
        KafkaClient::new(BaseConsumer::from_config_and_context(&config, Context::new(Arc::clone(&self.log)))?)
    }

    fn session(&mut self, mut client: KafkaClient) -> End {
        let settings = self.probe_settings();
        let Some(mut probe) = Probe::new(&client, settings, Instant::now()) else {
            return End::Fatal("no memory for a queue".to_owned(), Ended::default());
        };
        if let Some(end) = self.wait_for_topics(&mut client, &mut probe) {
            drop(probe);
            client.end(!matches!(end, End::Fatal(..)), true);
            return end;
        }
        let mut driver = Driver::new(client, self.driver_settings(), Instant::now());
        let end = loop {
            let now = Instant::now();
            if let Step::End(end) = driver.step(now) {
                break end;
            }
            if let Some(reason) = self.supervisor.watch(&mut probe, &driver, now) {
                break End::Recreate(reason);
            }
        };
        if let End::Recreate(_) = end {
            driver.abandon(Instant::now());
        }
        drop(probe);
        let (client, lease) = driver.into_client();
        let free = wait_until_free(&lease, Duration::from_secs(1));
        client.end(!matches!(end, End::Fatal(..)), free);
        end
    }

    fn probe_settings(&self) -> ProbeSettings {
        ProbeSettings {
            group: self.settings.config.group_id().into_owned(),
            servers: self.settings.bootstrap.clone(),
            needed: self.settings.needed.clone(),
            health: Arc::clone(&self.settings.health),
            producer: Arc::clone(&self.settings.producer),
        }
    }

    fn driver_settings(&self) -> DriverSettings<NativeRecord> {
        DriverSettings {
            core: Arc::clone(&self.settings.core),
            batches: self.settings.batches.clone(),
            control: self.settings.control.clone(),
            health: Arc::clone(&self.settings.health),
            stop: Arc::clone(&self.stop),
            max_uncommitted: self.settings.config.max_uncommitted,
            drain_deadline: drain_deadline(&self.settings.config),
        }
    }

    /// Waits until every topic exists and may be used, says so, and subscribes. `Some` if it ended before.
    fn wait_for_topics(&self, client: &mut KafkaClient, probe: &mut Probe) -> Option<End> {
        let Self { settings, stop, .. } = self;
        while !stop.is_requested() {
            let found = topics::find(&client.consumer, &settings.producer, &settings.needed);
            let again_in = match self.found(client, found) {
                None if !self.is_denied(client) => return self.subscribe(client),
                None => TOPIC_CHECK_EVERY,
                Some(again_in) => again_in,
            };
            if let Some(end) = self.serve_for(client, probe, again_in) {
                return Some(end);
            }
        }
        Some(End::Stopped(Ended::default()))
    }

    /// Whether a right is missing without which it is no use to subscribe.
    fn is_denied(&self, client: &KafkaClient) -> bool {
        let health = &self.settings.health;
        let group = |reason: &Reason| matches!(reason, Reason::NotAuthorized { resource: Resource::Group(_), .. });
        // Asked only if the group has refused the client before this one.
        if health.has(group) && !self.settings.topics.first().is_some_and(|topic| client.is_group_denied(topic)) {
            health.clear_all(Instant::now(), group);
        }
        health.has(|reason| match reason {
            Reason::NotAuthorized { resource: Resource::Topic(_), operation } => *operation != Operation::Write,
            reason => group(reason),
        })
    }

    /// Tells health what the brokers say of the topics; when to ask again, unless all is well.
    fn found(&self, client: &KafkaClient, found: Result<Found<'_>, KafkaError>) -> Option<Duration> {
        let Self { settings: ConsumerSettings { health, config, .. }, .. } = self;
        let now = Instant::now();
        let unreachable = Reason::BrokersUnreachable { servers: self.settings.bootstrap.clone() };
        if found.is_ok() {
            health.clear(&unreachable, now);
        }
        match found {
            Ok(Found::All) => {
                health.clear_all(now, |reason| matches!(reason, Reason::TopicMissing { .. }));
                return None;
            }
            Ok(Found::Missing(missing)) if config.create_topics => {
                self.create_topics(&missing);
                return Some(CREATED_TOPIC_CHECK);
            }
            Ok(Found::Missing(missing)) => {
                let is_found = |topic: &String| missing.iter().all(|missing| missing.name != *topic);
                health.clear_all(now, |reason| matches!(reason, Reason::TopicMissing { topic } if is_found(topic)));
                for topic in missing {
                    let reason = Reason::TopicMissing { topic: topic.name.clone() };
                    health.raise(reason, format!("it is needed for {}", topic.purpose), now);
                }
            }
            Ok(Found::Denied(topic)) => {
                let resource = Resource::Topic(topic.name.clone());
                let reason = Reason::NotAuthorized { resource, operation: Operation::Describe };
                health.raise(reason, format!("it is needed for {}", topic.purpose), now);
            }
            Err(error) => {
                let cause = client.trouble().unwrap_or_else(|| error.to_string());
                health.raise(unreachable, cause, now);
            }
        }
        Some(TOPIC_CHECK_EVERY)
    }

    fn create_topics(&self, missing: &[&NeededTopic]) {
        let client = client_config::producer(&self.settings.config, &self.settings.bootstrap);
        if let Err(problem) = self.settings.runtime.block_on(topics::create(&client, missing)) {
            for topic in missing {
                let reason = Reason::TopicMissing { topic: topic.name.clone() };
                self.settings.health.raise(reason, problem.clone(), Instant::now());
            }
        }
    }

    fn subscribe(&self, client: &KafkaClient) -> Option<End> {
        let topics: Vec<&str> = self.settings.topics.iter().map(String::as_str).collect();
        if let Err(error) = client.consumer.subscribe(&topics) {
            let reason = format!("cannot subscribe to {}: {error}", topics.join(", "));
            return Some(End::Fatal(reason, Ended::default()));
        }
        tracing::info!(topics = topics.join(", "), group = %self.settings.config.group_id(), "subscribed");
        None
    }

    fn serve_for(&self, client: &mut KafkaClient, probe: &mut Probe, time: Duration) -> Option<End> {
        let until = Instant::now() + time;
        while Instant::now() < until && !self.stop.is_requested() {
            for event in client.serve(WAIT) {
                match event {
                    ClientEvent::Fatal(reason) => return Some(End::Fatal(reason, Ended::default())),
                    ClientEvent::Ended(reason) => return Some(End::Recreate(reason)),
                    ClientEvent::ProtocolRefused => return Some(End::ProtocolRefused),
                    // Nothing is subscribed yet.
                    _ => {}
                }
            }
            let now = Instant::now();
            if probe.is_due(now) {
                // Without a subscription there is nothing to suspect the client of.
                _ = probe.look(&Look::default(), client.trouble(), now);
                self.settings.health.tick(self.settings.core.fatal.reason(), now);
            }
        }
        None
    }
}

fn drain_deadline(config: &Config) -> Duration {
    const LONGEST: Duration = Duration::from_secs(10);
    let session = config
        .consumer_properties()
        .find(|(name, _)| *name == "session.timeout.ms")
        .and_then(|(_, value)| value.parse().ok())
        .map_or(LONGEST, Duration::from_millis);
    LONGEST.min(session / 2).min(config.shutdown_deadline)
}
