//! CONSUME: the thread that owns the consuming client.
//!
//! It never waits for a handler. It polls the client (rebalances, errors, commits' answers), takes batches off the common
//! queue as long as the dispatcher and the partitions' windows have room, and commits what is finished.

mod session;
mod window;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
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

use self::session::{End, Session};
use super::{
    client_config::{self, Protocol, describe},
    client_log::ClientLog,
    close::close,
    ffi::{BatchQueue, NativeRecord},
    partitions::Partitions,
    rebalance::Context,
    topics::NeededTopic,
};
use crate::{
    config::{Config, GroupProtocol},
    dispatch::{Batch, Control, Core},
    health::HealthState,
};

/// How many records one batch has at most. Beyond some hundreds a larger one gains nothing measurable.
pub(super) const BATCH: usize = 512;

/// What the consumer thread is made of.
pub(crate) struct ConsumerSettings {
    pub(crate) config: Config,
    pub(crate) bootstrap: String,
    /// The topics that it consumes.
    pub(crate) topics: Vec<String>,
    /// The topics that must exist before it begins.
    pub(crate) needed: Vec<NeededTopic>,
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

/// What was left when the thread ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ended {
    /// Records that were taken and are not finished. They are not committed, so they are delivered again.
    pub(crate) left: usize,
}

/// Tells the thread to stop, and by when.
#[derive(Debug, Default)]
pub(super) struct Stop {
    requested: AtomicBool,
    deadline: Mutex<Option<Instant>>,
}

impl Stop {
    pub(super) fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Acquire)
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(Instant::now)
    }
}

impl ConsumerHandle {
    /// Asks the thread to take nothing more, let what runs finish until `deadline`, commit, and leave the group.
    pub(crate) fn stop(&self, deadline: Instant) {
        *self.stop.deadline.lock().unwrap_or_else(PoisonError::into_inner) = Some(deadline);
        self.stop.requested.store(true, Ordering::Release);
    }
}

/// Starts the thread.
pub(crate) fn spawn(settings: ConsumerSettings) -> std::io::Result<ConsumerHandle> {
    let stop = Arc::new(Stop::default());
    let (end, ended) = oneshot::channel();
    let handle = ConsumerHandle { stop: Arc::clone(&stop), ended };
    thread::Builder::new().name("kafka-consumer".to_owned()).spawn(move || {
        let result = run(&settings, &stop);
        // Nobody may wait any more.
        _ = end.send(result);
    })?;
    Ok(handle)
}

/// Runs sessions until one ends for good. The first may end because the broker does not speak the newer protocol.
fn run(settings: &ConsumerSettings, stop: &Stop) -> Ended {
    let (mut protocol, fallback) = match settings.config.group_protocol {
        GroupProtocol::Consumer => (Protocol::Consumer, false),
        GroupProtocol::Classic => (Protocol::Classic, false),
        _ => (Protocol::Consumer, true),
    };
    loop {
        let consumer = match create(settings, protocol) {
            Ok(consumer) => consumer,
            Err(error) if fallback && protocol == Protocol::Consumer => {
                tracing::info!(error = describe(&error), "the settings do not go with group.protocol=consumer (KIP-848); using the classic protocol");
                protocol = Protocol::Classic;
                continue;
            }
            Err(error) => {
                settings.core.fatal.report(format!("cannot create the Kafka consumer: {}", describe(&error)));
                return Ended::default();
            }
        };
        match Session::new(settings, stop, consumer).run() {
            End::Stopped(ended) => return ended,
            End::Fatal(reason, ended) => {
                settings.core.fatal.report(reason);
                return ended;
            }
            End::ProtocolRefused if fallback && protocol == Protocol::Consumer => {
                tracing::info!(
                    "the broker does not speak group.protocol=consumer (KIP-848, Kafka 4.0); using the classic protocol with cooperative-sticky"
                );
                protocol = Protocol::Classic;
            }
            End::ProtocolRefused => {
                settings.core.fatal.report(
                    "the broker does not speak group.protocol=consumer (KIP-848, Kafka 4.0) / help: set KAFKA_GROUP_PROTOCOL=auto or classic".to_owned(),
                );
                return Ended::default();
            }
        }
    }
}

fn create(settings: &ConsumerSettings, protocol: Protocol) -> Result<BaseConsumer<Context>, KafkaError> {
    let client = client_config::consumer(&settings.config, &settings.bootstrap, protocol);
    let context = Context {
        partitions: Mutex::new(Partitions::default()),
        queue: Mutex::new(None),
        acks: Arc::clone(&settings.core.acks),
        control: settings.control.clone(),
        health: Arc::clone(&settings.health),
        log: ClientLog::new("consumer"),
        window: settings.config.max_uncommitted + BATCH,
        drain_deadline: drain_deadline(&settings.config),
        stopping: AtomicBool::new(false),
    };
    let consumer = BaseConsumer::from_config_and_context(&client, context)?;
    let queue = BatchQueue::new(consumer.client())
        .ok_or_else(|| KafkaError::ClientCreation("no memory for a queue".to_owned()))?;
    let context = Arc::clone(consumer.context());
    *context.queue.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(queue));
    Ok(consumer)
}

/// How long a revoke waits for what runs: well below every timeout after which the group would go on without us.
fn drain_deadline(config: &Config) -> Duration {
    const LONGEST: Duration = Duration::from_secs(10);
    let session = config
        .consumer_properties()
        .find(|(name, _)| *name == "session.timeout.ms")
        .and_then(|(_, value)| value.parse().ok())
        .map_or(LONGEST, Duration::from_millis);
    LONGEST.min(session / 2).min(config.shutdown_deadline)
}

/// Gives up a consumer whose records are all gone, or leaves it behind.
pub(super) fn give_up(consumer: BaseConsumer<Context>, free: bool) {
    let queue = consumer.context().queue.lock().unwrap_or_else(PoisonError::into_inner).take();
    drop(queue);
    if free {
        close(consumer, "consumer");
    } else {
        // Closing it would free memory that a handler still reads, or would hang. The process ends soon.
        std::mem::forget(consumer);
    }
}
