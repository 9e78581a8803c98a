//! What happens when partitions come and go. All of this runs on the consumer thread, inside `poll`.
//!
//! Revoke: nothing new starts; what runs may finish until a deadline that is far below every timeout of the group; finished
//! work is committed; only then is the partition let go. Lost: it belongs to somebody else already, so nothing is stored.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol},
    error::{KafkaError, KafkaResult},
    types::RDKafkaRespErr,
};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    client_log::ClientLog,
    commits,
    ffi::BatchQueue,
    partitions::{Partition, Partitions},
};
use crate::{dispatch::Control, health::HealthState, publish::Acks};

/// What librdkafka calls back into.
pub(super) struct Context {
    pub(super) partitions: Mutex<Partitions>,
    /// Where the partitions' records go. Taken out before the consumer is dropped.
    pub(super) queue: Mutex<Option<Arc<BatchQueue>>>,
    pub(super) acks: Arc<Acks>,
    pub(super) control: UnboundedSender<Control>,
    pub(super) health: Arc<HealthState>,
    pub(super) log: ClientLog,
    /// How many records of a partition may be uncommitted, with room for one batch beyond.
    pub(super) window: usize,
    pub(super) drain_deadline: Duration,
    /// The service is stopping and has drained already.
    pub(super) stopping: AtomicBool,
}

/// How often a drain looks whether it is over.
const DRAIN_STEP: Duration = Duration::from_millis(1);

impl Context {
    pub(super) fn partitions(&self) -> MutexGuard<'_, Partitions> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn assign(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) -> KafkaResult<()> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut partitions = self.partitions();
        for element in list.elements() {
            let (topic, partition) = (element.topic(), element.partition());
            if !queue.as_ref().is_some_and(|queue| queue.forward(consumer, topic, partition)) {
                tracing::error!(topic, partition, "cannot take the partition's records into the common queue");
            }
            partitions.assign(self.acks.assignments.add(topic.into(), partition, self.window));
        }
        drop(partitions);
        tracing::info!(partitions = %names(list), "partitions assigned");
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_assign(list),
            _ => consumer.assign(list),
        }
    }

    fn revoke(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) -> KafkaResult<()> {
        let lost = consumer.assignment_lost();
        let mut revoked: Vec<Partition> = {
            let mut partitions = self.partitions();
            list.elements()
                .iter()
                .filter_map(|element| partitions.revoke(element.topic(), element.partition()))
                .collect()
        };
        let started = Instant::now();
        if !lost && !self.stopping.load(Ordering::Relaxed) {
            drain(&self.control, &revoked, self.drain_deadline);
        }
        if !lost {
            commits::commit(consumer, &mut revoked);
        }
        let left = revoked.iter().map(|partition| partition.tracker.unfinished()).sum::<usize>();
        for partition in &revoked {
            self.acks.assignments.remove(partition.tracker.assignment().index());
        }
        tracing::info!(
            partitions = %names(list),
            lost,
            left_for_the_next_owner = left,
            drained_in = ?started.elapsed(),
            "partitions revoked"
        );
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_unassign(list),
            _ => consumer.unassign(),
        }
    }

    fn count_assigned(&self) {
        let count = self.partitions().iter().count();
        self.health.assigned_partitions.store(count, Ordering::Relaxed);
    }
}

/// Starts nothing new of these partitions and waits for what runs, at most until the deadline.
pub(super) fn drain(control: &UnboundedSender<Control>, partitions: &[Partition], deadline: Duration) {
    let until = Instant::now() + deadline;
    begin_drain(control, partitions.iter(), deadline);
    while Instant::now() < until && partitions.iter().any(|partition| partition.tracker.has_running()) {
        thread::sleep(DRAIN_STEP);
    }
}

/// Starts nothing new of these partitions. When this returns that is certain, unless the dispatcher itself is held up.
pub(super) fn begin_drain<'a>(
    control: &UnboundedSender<Control>,
    partitions: impl Iterator<Item = &'a Partition>,
    patience: Duration,
) {
    let mut assignments = Vec::new();
    for partition in partitions {
        partition.tracker.assignment().drain();
        assignments.push(partition.tracker.assignment().index());
    }
    let (done, drained) = mpsc::channel();
    if control.send(Control::Drain { assignments, done }).is_ok() && drained.recv_timeout(patience).is_err() {
        tracing::warn!("a handler holds up the dispatcher; partitions go without its answer");
    }
}

/// `commands [0, 1], orders [3]`, for a log line.
fn names(list: &TopicPartitionList) -> String {
    let mut names: Vec<_> =
        list.elements().iter().map(|element| format!("{}[{}]", element.topic(), element.partition())).collect();
    names.sort_unstable();
    names.join(", ")
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.log.line(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.log.error(&error, reason);
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let result = match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self.assign(consumer, list),
            // Also on an error: the client must be told to let go, or the group hangs.
            _ => self.revoke(consumer, list),
        };
        if let Err(error) = result {
            tracing::error!(%error, partitions = %names(list), "the client refused a rebalance");
        }
        self.count_assigned();
    }

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        commits::confirm(&mut self.partitions(), &result, offsets);
    }
}
