//! What the driver shows to the code that monitors its client.

use std::time::Instant;

use super::Driver;
use crate::transport::{Client, FetchErrorKind, PartitionView, Progress};

impl<C: Client> Driver<C> {
    /// What its client has achieved so far.
    pub(crate) fn progress(&self, now: Instant) -> Progress<'_> {
        Progress {
            partitions: self.views().collect(),
            is_subscribed: true,
            is_busy: !self.revokes.is_empty() || self.unsent.is_some(),
            is_stopping: self.is_stopping(),
            committed: self.partitions.iter().map(|partition| partition.tracker.confirmed()).sum(),
            commit_unacknowledged_for: self.commit_unacknowledged_for(now),
        }
    }

    /// The partitions that are assigned and not being revoked.
    fn views(&self) -> impl Iterator<Item = PartitionView<'_>> {
        self.partitions.iter().map(|partition| PartitionView {
            name: &partition.name,
            received: partition.tracker.taken(),
            next_offset: partition.tracker.position(),
            is_throttled: partition.throttled.is_some(),
            is_stopped: partition.fetch_failed == Some(FetchErrorKind::NoOffset),
        })
    }

    /// Whether records are in flight, or finished and not committed.
    pub(crate) fn has_unfinished(&self) -> bool {
        self.partitions.iter().any(|partition| partition.tracker.uncommitted() > 0)
    }

    pub(crate) fn client(&self) -> &C {
        &self.client
    }
}
