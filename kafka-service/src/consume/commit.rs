//! Finished work leaves the engine here.

use std::time::Instant;

use super::{Client, Driver, partition::Partition};

impl<C: Client> Driver<C> {
    /// Whether a quarter of a window has finished since the last commit.
    pub(super) fn is_commit_due(&mut self) -> bool {
        let quarter = u64::try_from(self.settings.max_uncommitted / 4).unwrap_or(u64::MAX).max(1);
        let mut due = false;
        for partition in self.partitions.iter_mut() {
            partition.tracker.advance();
            due |= partition.tracker.to_hand_over() >= quarter;
        }
        due
    }

    pub(super) fn commit(&mut self, now: Instant) {
        commit(&mut self.client, self.partitions.iter_mut(), now);
    }
}

/// Hands over every watermark that has moved. This is the only place where finished work leaves the engine.
pub(super) fn commit<'a, C: Client>(
    client: &mut C,
    partitions: impl Iterator<Item = &'a mut Partition<C::Record>>,
    now: Instant,
) where
    C::Record: 'a,
{
    let (mut offsets, mut handed_over) = (Vec::new(), Vec::new());
    for partition in partitions {
        partition.tracker.advance();
        if let Some(watermark) = partition.tracker.hand_over() {
            partition.unconfirmed_since.get_or_insert(now);
            offsets.push((partition.name.clone(), watermark));
            handed_over.push(partition);
        }
    }
    if offsets.is_empty() {
        return;
    }
    if let Err(error) = client.commit(&offsets) {
        tracing::warn!(error, "cannot start a commit; it is repeated with the next");
        for partition in handed_over {
            partition.tracker.hand_over_again();
        }
    }
}
