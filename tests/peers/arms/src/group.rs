//! The consumer's callbacks: assigned and revoked partitions, and commits.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock},
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
};
use workload::Arm;

use crate::{Acks, Taken, Window};

/// How long a revoked partition may take to finish what is in flight.
const DRAIN: Duration = Duration::from_secs(5);
/// The interval between two commits.
const COMMIT: Duration = Duration::from_millis(100);

type Hook = Box<dyn Fn(&BaseConsumer<Group>, i32) + Send + Sync>;

/// The assigned partitions, and what is in flight in them.
pub struct Group {
    arm: Arc<Arm>,
    window: Mutex<Window>,
    /// Called before a partition is assigned.
    pub before_assign: OnceLock<Hook>,
}

impl Group {
    /// For the consumer of this arm, with the acknowledgements of its producer.
    #[must_use]
    pub fn new(arm: &Arc<Arm>, acks: Acks) -> Self {
        Self { arm: Arc::clone(arm), window: Mutex::new(Window::new(acks)), before_assign: OnceLock::new() }
    }

    /// The window of records in flight.
    ///
    /// # Panics
    /// Panics when another thread has panicked.
    pub fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().expect("no panic while it is locked")
    }

    /// Takes a record, and waits for room if necessary. `None`: the partition is not assigned to this process.
    pub fn take(&self, partition: i32, offset: i64) -> Option<usize> {
        loop {
            // A separate statement, so that the lock is free during the wait.
            let taken = self.window().take(partition, offset);
            match taken {
                Taken::Token(token) => return Some(token),
                Taken::NotOurs => return None,
                Taken::Full => thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    /// Commits acknowledged records, every 100 ms.
    pub fn commit_sometimes(&self, consumer: &impl Consumer<Self>, last: &mut Instant) {
        if last.elapsed() >= COMMIT {
            *last = Instant::now();
            self.commit(consumer, CommitMode::Async);
        }
    }

    /// Commits acknowledged records; at the end with [`CommitMode::Sync`].
    pub fn commit(&self, consumer: &impl Consumer<Self>, mode: CommitMode) {
        let due = self.window().due(&self.arm.commands);
        if due.count() > 0
            && let Err(error) = consumer.commit(&due, mode)
        {
            eprintln!("commit: {error}");
        }
    }

    fn assigned(&self, consumer: &BaseConsumer<Self>, partitions: &TopicPartitionList) {
        for element in partitions.elements() {
            self.window().assign(element.partition());
            if let Some(hook) = self.before_assign.get() {
                hook(consumer, element.partition());
            }
        }
    }

    fn revoked(&self, consumer: &BaseConsumer<Self>, partitions: &TopicPartitionList) {
        let start = Instant::now();
        let is_done = |partition| self.window().is_done(partition);
        while start.elapsed() < DRAIN && !partitions.elements().iter().all(|element| is_done(element.partition())) {
            thread::sleep(Duration::from_millis(1));
        }
        self.commit(consumer, CommitMode::Sync);
        for element in partitions.elements() {
            self.window().revoke(element.partition());
        }
    }
}

impl ClientContext for Group {
    fn error(&self, error: KafkaError, reason: &str) {
        eprintln!("consumer: {error}: {reason}");
    }
}

impl ConsumerContext for Group {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(partitions) => self.assigned(consumer, partitions),
            Rebalance::Revoke(partitions) => self.revoked(consumer, partitions),
            Rebalance::Error(error) => eprintln!("rebalance: {error}"),
        }
    }

    fn post_rebalance(&self, _consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(partitions) = rebalance
            && partitions.count() > 0
        {
            self.arm.ready();
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        match result {
            Ok(()) | Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => {}
            Err(error) => eprintln!("commit: {error}"),
        }
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Group").field("window", &self.window).finish_non_exhaustive()
    }
}
