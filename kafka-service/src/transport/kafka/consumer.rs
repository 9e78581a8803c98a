//! The thread that owns the consuming client and steps the driver.

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
    context::Context,
    ffi::NativeRecord,
    producer::KafkaProducer,
    topics::{self, NeededTopic},
};
use crate::{
    config::{Config, GroupProtocol},
    consume::{Client as _, ClientEvent, Driver, DriverSettings, End, Ended, Step, Stop},
    dispatch::{Batch, Control, Core},
    health::HealthState,
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
        let ended = Thread { settings, stop }.run();
        // Nobody may wait any more.
        _ = end.send(ended);
    })?;
    Ok(handle)
}

struct Thread {
    settings: ConsumerSettings,
    stop: Arc<Stop>,
}

impl Thread {
    /// Runs one client after another until one ends for good. The first may end because the broker does not speak the newer
    /// protocol.
    fn run(&self) -> Ended {
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
                        "the settings do not go with group.protocol=consumer (KIP-848); using the classic protocol"
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
                End::ProtocolRefused if may_fall_back => {
                    tracing::info!(
                        "the broker does not speak group.protocol=consumer (KIP-848, Kafka 4.0); using the classic protocol with cooperative-sticky"
                    );
                    protocol = Protocol::Classic;
                }
                End::ProtocolRefused => {
                    return self.fail("the broker does not speak group.protocol=consumer (KIP-848, Kafka 4.0) / help: set KAFKA_GROUP_PROTOCOL=auto or classic".to_owned());
                }
            }
        }
    }

    fn fail(&self, reason: String) -> Ended {
        self.settings.core.fatal.report(reason);
        Ended::default()
    }

    fn create(&self, protocol: Protocol) -> Result<KafkaClient, KafkaError> {
        let config = client_config::consumer(&self.settings.config, &self.settings.bootstrap, protocol);
        KafkaClient::new(BaseConsumer::from_config_and_context(&config, Context::new())?)
    }

    fn session(&self, mut client: KafkaClient) -> End {
        if let Some(end) = self.wait_for_topics(&mut client) {
            client.end(!matches!(end, End::Fatal(..)), true);
            return end;
        }
        let mut driver = Driver::new(client, self.driver_settings(), Instant::now());
        let end = loop {
            if let Step::End(end) = driver.step(Instant::now()) {
                break end;
            }
        };
        let (client, lease) = driver.into_client();
        let free = wait_until_free(&lease, Duration::from_secs(1));
        client.end(!matches!(end, End::Fatal(..)), free);
        end
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

    /// Waits until every topic exists, says so, and subscribes. `Some` if it ended before.
    fn wait_for_topics(&self, client: &mut KafkaClient) -> Option<End> {
        let Self { settings, stop } = self;
        let mut reported = false;
        while !stop.is_requested() {
            let again_in = match topics::missing(&client.consumer, &settings.producer, &settings.needed) {
                Ok(missing) if missing.is_empty() => return self.subscribe(client),
                Ok(missing) if settings.config.create_topics => {
                    self.create_topics(&missing);
                    CREATED_TOPIC_CHECK
                }
                Ok(missing) => {
                    let names: Vec<_> = missing.iter().map(|topic| format!("`{}`", topic.name)).collect();
                    settings.health.set_problem(Some(format!("missing topics: {}", names.join(", "))));
                    if !std::mem::replace(&mut reported, true) {
                        topics::report(&missing, &settings.bootstrap);
                    }
                    TOPIC_CHECK_EVERY
                }
                Err(error) => {
                    self.say(format!("no answer from the brokers at {}: {error}", settings.bootstrap));
                    TOPIC_CHECK_EVERY
                }
            };
            if let Some(end) = self.serve_for(client, again_in) {
                return Some(end);
            }
        }
        Some(End::Stopped(Ended::default()))
    }

    /// A problem that is not new is not said again.
    fn say(&self, problem: String) {
        if self.settings.health.problem().as_ref() != Some(&problem) {
            tracing::warn!("{problem}; trying again in the background");
        }
        self.settings.health.set_problem(Some(problem));
    }

    fn create_topics(&self, missing: &[&NeededTopic]) {
        let client = client_config::producer(&self.settings.config, &self.settings.bootstrap);
        match self.settings.runtime.block_on(topics::create(&client, missing)) {
            Ok(()) => self.settings.health.set_problem(None),
            Err(problem) => self.say(problem),
        }
    }

    fn subscribe(&self, client: &KafkaClient) -> Option<End> {
        let topics: Vec<&str> = self.settings.topics.iter().map(String::as_str).collect();
        if let Err(error) = client.consumer.subscribe(&topics) {
            let reason = format!("cannot subscribe to {}: {error}", topics.join(", "));
            return Some(End::Fatal(reason, Ended::default()));
        }
        self.settings.health.set_problem(None);
        tracing::info!(topics = topics.join(", "), group = %self.settings.config.group_id(), "subscribed");
        None
    }

    fn serve_for(&self, client: &mut KafkaClient, time: Duration) -> Option<End> {
        let until = Instant::now() + time;
        while Instant::now() < until && !self.stop.is_requested() {
            for event in client.serve(WAIT) {
                match event {
                    ClientEvent::Fatal(reason) => return Some(End::Fatal(reason, Ended::default())),
                    ClientEvent::ProtocolRefused => return Some(End::ProtocolRefused),
                    // Nothing is subscribed yet.
                    _ => {}
                }
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
