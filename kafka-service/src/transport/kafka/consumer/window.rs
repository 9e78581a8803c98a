//! Each partition's window of uncommitted records: when it is full, the partition takes no more.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::super::{commits, rebalance::Context};

/// How long a full window may hold up the common queue while handlers run. A pause throws away what was fetched of the
/// partition and costs about half a second, so a handler that is about to finish is worth waiting for.
const GRACE: Duration = Duration::from_millis(50);

/// Watches the windows.
#[derive(Debug)]
pub(super) struct Windows {
    limit: usize,
    full_since: Option<Instant>,
    any_paused: bool,
}

impl Windows {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, full_since: None, any_paused: false }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// A partition has reached its limit.
    pub(super) fn reached(&mut self) {
        self.full_since.get_or_insert_with(Instant::now);
    }

    /// Whether nothing may be taken right now.
    pub(super) fn is_full(&self) -> bool {
        self.full_since.is_some()
    }

    /// Commits what is finished and looks again. A partition that stays full because of its handlers is paused, so that the
    /// others go on. Without a handler in progress only acknowledgements are outstanding: then the producer is what
    /// everybody waits for, and a pause would win nothing.
    pub(super) fn relieve(&mut self, consumer: &BaseConsumer<Context>, handlers_in_progress: bool) {
        let Some(since) = self.full_since else { return };
        let mut partitions = consumer.context().partitions();
        commits::commit(consumer, partitions.iter_mut());
        let limit = self.limit;
        let is_full = |uncommitted: usize, paused: bool| !paused && uncommitted >= limit;
        if !partitions.iter().any(|partition| is_full(partition.tracker.uncommitted(), partition.paused)) {
            self.full_since = None;
            return;
        }
        if !handlers_in_progress || since.elapsed() < GRACE {
            return;
        }
        let full = partitions.select(|partition| is_full(partition.tracker.uncommitted(), partition.paused));
        if let Err(error) = consumer.pause(&full) {
            tracing::warn!(%error, "cannot pause a partition whose window is full");
            return;
        }
        for partition in partitions.iter_mut() {
            let uncommitted = partition.tracker.uncommitted();
            if is_full(uncommitted, partition.paused) {
                partition.paused = true;
                tracing::warn!(
                    topic = partition.topic(),
                    partition = partition.number(),
                    uncommitted,
                    unconfirmed_for = ?partition.unconfirmed_since.map(|since| since.elapsed()).unwrap_or_default(),
                    "window of uncommitted records is full (KAFKA_MAX_UNCOMMITTED): the partition is paused until half of it is committed"
                );
            }
        }
        self.any_paused = true;
        self.full_since = None;
    }

    /// Resumes what was paused and has room again.
    pub(super) fn resume(&mut self, consumer: &BaseConsumer<Context>) {
        if !self.any_paused {
            return;
        }
        let mut partitions = consumer.context().partitions();
        let half = self.limit / 2;
        let ready = partitions.select(|partition| partition.paused && partition.tracker.uncommitted() <= half);
        tracing::info!(ready = ?ready.elements().iter().map(|e| (e.partition(), e.offset())).collect::<Vec<_>>(), uncommitted = ?partitions.iter().map(|p| (p.number(), p.paused, p.tracker.uncommitted(), p.tracker.unfinished(), p.tracker.to_hand_over())).collect::<Vec<_>>(), "DEBUG resume");
        if ready.count() > 0 {
            match consumer.resume(&ready) {
                Ok(()) => {
                    for partition in partitions.iter_mut() {
                        partition.paused &= partition.tracker.uncommitted() > half;
                    }
                }
                Err(error) => tracing::warn!(%error, "cannot resume a partition"),
            }
        }
        self.any_paused = partitions.iter().any(|partition| partition.paused);
    }
}
