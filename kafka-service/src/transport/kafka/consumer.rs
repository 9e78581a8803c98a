//! The thread that owns the consuming client, runs the driver, and replaces a client that cannot continue.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

mod beginning;

use rdkafka::{config::FromClientConfigAndContext as _, consumer::BaseConsumer, error::KafkaError};
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
    probe::{Probe, ProbeSettings, SUSPECT},
    producer::KafkaProducer,
    supervisor::Supervisor,
    topics::NeededTopic,
};
use crate::{
    config::{Config, GroupProtocol},
    consume::{Driver, DriverSettings, End, Ended, Step, Stop},
    dispatch::{Batch, Control, Core},
    health::HealthState,
};

/// What the consumer thread needs.
pub(crate) struct ConsumerSettings {
    pub(crate) config: Config,
    pub(crate) bootstrap: String,
    /// The topics to consume.
    pub(crate) topics: Vec<String>,
    /// The topics that must exist before consumption starts.
    pub(crate) needed: Vec<NeededTopic>,
    pub(crate) producer: Arc<KafkaProducer>,
    pub(crate) core: Arc<Core>,
    pub(crate) batches: mpsc::Sender<Batch<NativeRecord>>,
    pub(crate) control: mpsc::UnboundedSender<Control>,
    pub(crate) health: Arc<HealthState>,
    pub(crate) runtime: Handle,
}

/// A handle to the running thread.
#[derive(Debug)]
pub(crate) struct ConsumerHandle {
    stop: Arc<Stop>,
    pub(crate) ended: oneshot::Receiver<Ended>,
}

impl ConsumerHandle {
    /// Tells the thread to receive no more records, let handlers finish until `deadline`, commit, and leave the group.
    pub(crate) fn stop(&self, deadline: Instant) {
        self.stop.request(deadline);
    }
}

/// How long the client waits for an event while there is nothing to consume.
const WAIT: Duration = Duration::from_millis(20);

/// Starts the thread.
pub(crate) fn spawn(settings: ConsumerSettings) -> std::io::Result<ConsumerHandle> {
    let stop = Arc::new(Stop::default());
    let (end, ended) = oneshot::channel();
    let handle = ConsumerHandle { stop: Arc::clone(&stop), ended };
    thread::Builder::new().name("kafka-consumer".to_owned()).spawn(move || {
        let supervisor = Supervisor::new(&settings, Instant::now());
        let ended = Thread { settings, stop, supervisor, log: Arc::new(ClientLog::new("consumer")) }.run();
        // The receiver may be gone.
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
    /// Runs one client after another until one ends for good. The first may end because the broker does not support the
    /// newer protocol, and any may end because only a new one can continue.
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
            match self.session(client, protocol) {
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
                    let reason = "the broker does not support group.protocol=consumer (KIP-848, Kafka 4.0): set \
                                  KAFKA_GROUP_PROTOCOL to `auto` or `classic`";
                    return self.fail(reason.to_owned());
                }
            }
        }
    }

    /// A pause before the next client, so that a lasting cause does not create clients in a tight loop.
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

    fn session(&mut self, mut client: KafkaClient, protocol: Protocol) -> End {
        let settings = self.probe_settings(protocol);
        let Some(mut probe) = Probe::new(&client, settings, Instant::now()) else {
            return End::Fatal("cannot allocate a queue".to_owned(), Ended::default());
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

    fn probe_settings(&self, protocol: Protocol) -> ProbeSettings {
        ProbeSettings {
            // With the classic protocol, the coordinator waits for the other members before it answers.
            join_within: if protocol == Protocol::Classic { SUSPECT * 2 } else { SUSPECT },
            group: self.settings.config.effective_group_id().into_owned(),
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
