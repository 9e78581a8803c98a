//! Reports partitions that cannot be fetched to health.

use std::time::Instant;

use crate::{
    engine::Driver,
    health::{Operation, Reason, Resource},
    transport::{Client, FetchError, FetchErrorKind, TopicPartition},
};

/// The reason for a partition that cannot be fetched.
fn not_fetched(name: &TopicPartition) -> Reason {
    Reason::PartitionNotFetched { topic: name.topic.to_string(), partition: name.partition }
}

/// The reason for a topic that may not be read.
fn denied(topic: &str) -> Reason {
    Reason::NotAuthorized { resource: Resource::Topic(topic.to_owned()), operation: Operation::Read }
}

impl<C: Client> Driver<C> {
    /// Reports that a partition cannot be fetched, until a record of it arrives or it is revoked.
    #[cold]
    pub(super) fn fetch_failed(&mut self, name: &TopicPartition, error: FetchError, now: Instant) {
        // A partition that is no longer assigned is the concern of its new owner.
        let Some(partition) = self.partitions.find(name) else { return };
        partition.fetch_failed = Some(error.kind);
        self.any_fetch_failed = true;
        let reason = if error.kind == FetchErrorKind::Denied { denied(&name.topic) } else { not_fetched(name) };
        self.shared.health.raise(reason, error.cause, now);
    }

    /// Reports that a record of the partition at `index` has arrived.
    #[cold]
    pub(super) fn fetched(&mut self, index: usize, now: Instant) {
        let partition = self.partitions.at(index);
        if partition.fetch_failed.take().is_some() {
            let (ended, topic) = (not_fetched(&partition.name), denied(&partition.name.topic));
            self.shared.health.clear_all(now, |reason| *reason == ended || *reason == topic);
            self.any_fetch_failed = self.partitions.iter().any(|partition| partition.fetch_failed.is_some());
        }
    }

    /// Withdraws the reports about revoked partitions: they are no longer ours.
    pub(super) fn forget_fetch_errors(&mut self, names: &[TopicPartition], now: Instant) {
        let ended: Vec<_> = names.iter().map(not_fetched).collect();
        self.shared.health.clear_all(now, |reason| ended.contains(reason));
        self.any_fetch_failed = self.partitions.iter().any(|partition| partition.fetch_failed.is_some());
    }
}
