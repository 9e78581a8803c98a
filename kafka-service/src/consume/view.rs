//! What the driver shows about its partitions to the code that monitors the client.

use super::{Client, Driver, FetchErrorKind, TopicPartition};

/// One assigned partition at this moment.
#[derive(Clone, Debug)]
pub(crate) struct View<'a> {
    pub(crate) name: &'a TopicPartition,
    /// The number of records received in this assignment.
    pub(crate) received: u64,
    /// The offset after the last record that was received, if there was one.
    pub(crate) next_offset: Option<i64>,
    /// Whether it is deliberately not fetched because its window is full.
    pub(crate) is_held: bool,
    /// Whether it is not fetched because it has no offset to read from, whatever its broker answers.
    pub(crate) is_stopped: bool,
}

impl<C: Client> Driver<C> {
    /// The partitions that are assigned and not being revoked.
    pub(crate) fn view(&self) -> impl Iterator<Item = View<'_>> {
        self.partitions.iter().map(|partition| View {
            name: &partition.name,
            received: partition.tracker.taken(),
            next_offset: partition.tracker.position(),
            is_held: partition.hold.is_some(),
            is_stopped: partition.fetch_failed == Some(FetchErrorKind::NoOffset),
        })
    }

    /// Whether a rebalance is in progress.
    pub(crate) fn is_rebalancing(&self) -> bool {
        !self.revokes.is_empty()
    }

    /// Whether received records wait for room in the dispatcher.
    pub(crate) fn is_backlogged(&self) -> bool {
        self.unsent.is_some()
    }

    /// Whether records are in flight, or finished and not committed.
    pub(crate) fn has_unfinished(&self) -> bool {
        self.partitions.iter().any(|partition| partition.tracker.uncommitted() > 0)
    }

    /// The number of committed records.
    pub(crate) fn committed_records(&self) -> u64 {
        self.partitions.iter().map(|partition| partition.tracker.confirmed()).sum()
    }

    pub(crate) fn client(&self) -> &C {
        &self.client
    }
}
