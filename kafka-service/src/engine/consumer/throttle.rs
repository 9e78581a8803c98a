//! Backpressure: a partition with a full window, or with too much waiting in memory, is throttled. Records that still
//! arrive are set aside, and it continues when there is room again.

use std::time::Instant;

use super::{driver::BATCH, partition::Partition, window::Limits};
use crate::{
    engine::{BatchEntry, Driver},
    message::Record,
    transport::Client,
};

impl<C: Client> Driver<C> {
    /// Moves records that were set aside into their windows as these get room. A partition continues when none of its
    /// records is left aside and half of its window is committed.
    pub(super) fn refill_throttled(&mut self, now: Instant) {
        if !self.any_throttled || self.unsent.is_some() {
            return;
        }
        let limits = self.limits;
        let throttled = self.partitions.iter().filter(|partition| partition.throttled.is_some()).count();
        let share = (BATCH / throttled.max(1)).max(1);
        let (mut entries, mut released, mut resumed) = (Vec::new(), Vec::new(), Vec::new());
        let (mut paused, mut positions) = (Vec::new(), Vec::new());
        for partition in self.partitions.iter_mut().filter(|partition| partition.throttled.is_some()) {
            refill(partition, limits, share, &mut entries);
            if partition.overflow.is_empty() && limits.are_half_free(&partition.tracker) {
                let was_paused = partition.throttled.take().is_some_and(|throttled| throttled.paused);
                if was_paused { &mut resumed } else { &mut released }.push(partition.name.clone());
            } else if pause_if_due(partition, now) {
                paused.push(partition.name.clone());
                positions.extend(partition.seek_to().map(|position| (partition.name.clone(), position)));
            }
        }
        if !paused.is_empty() {
            self.client.pause(&paused);
            // Where the client would continue depends on what it delivered last, which may have been an error.
            self.client.seek(&positions);
        }
        if !resumed.is_empty() {
            self.client.resume(&resumed);
        }
        // A pause does not end the hold.
        released.extend(resumed);
        if !released.is_empty() {
            self.client.release(&released);
        }
        self.any_throttled = self.partitions.iter().any(|partition| partition.throttled.is_some());
        if !entries.is_empty() {
            // What is still aside follows when there is room.
            self.hand_over(entries, false);
        }
    }
}

/// Moves records that were set aside into the window, while there is room, and at most this partition's share of a
/// batch.
fn refill<R: Record>(partition: &mut Partition<R>, limits: Limits, share: usize, entries: &mut Vec<BatchEntry<R>>) {
    for _ in 0..share {
        if !limits.have_room(&partition.tracker) {
            return;
        }
        let Some((record, slot)) = partition.admit_overflow() else { break };
        entries.push(BatchEntry { record, assignment: partition.tracker.assignment().index(), slot });
    }
    if partition.overflow.is_empty() {
        partition.overflow_is_empty();
    }
}

/// Whether the partition is to be paused now.
fn pause_if_due<R>(partition: &mut Partition<R>, now: Instant) -> bool {
    let Some(throttled) = partition.throttled.as_mut().filter(|throttled| throttled.is_due_for_pause(now)) else {
        return false;
    };
    throttled.paused = true;
    tracing::warn!(
        topic = &*partition.name.topic,
        partition = partition.name.partition,
        uncommitted = partition.tracker.uncommitted(),
        commit_unacknowledged_for = ?partition.commit_unacknowledged_since.map(|since| now.duration_since(since)).unwrap_or_default(),
        help = "the window is bounded by KAFKA_MAX_UNCOMMITTED and by the memory for records that wait for a handler",
        "window of uncommitted records full; partition paused until half of the window is free"
    );
    true
}
