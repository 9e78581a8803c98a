//! The partitions that this member owns, as the consumer thread sees them.

use std::{sync::Arc, time::Instant};

use rdkafka::TopicPartitionList;
use rustc_hash::FxHashMap;

use super::ffi::NativeRecord;
use crate::{
    commit::{Assignment, Tracker},
    message::Record as _,
};

/// One partition.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) tracker: Tracker,
    pub(super) paused: bool,
    /// Since when a commit is on its way that the broker has not confirmed.
    pub(super) unconfirmed_since: Option<Instant>,
}

impl Partition {
    pub(super) fn topic(&self) -> &str {
        self.tracker.assignment().topic()
    }

    pub(super) fn number(&self) -> i32 {
        self.tracker.assignment().partition()
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Partitions {
    list: Vec<Partition>,
    /// Where a record's partition stands in the list, by the handle that librdkafka gives with each record.
    places: FxHashMap<(usize, i32), usize>,
}

/// A record that cannot be taken; to go on without it would lose it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoRoom;

impl Partitions {
    pub(super) fn assign(&mut self, assignment: Arc<Assignment>) {
        self.list.push(Partition { tracker: Tracker::new(assignment), paused: false, unconfirmed_since: None });
    }

    /// Takes a partition off the list.
    pub(super) fn revoke(&mut self, topic: &str, partition: i32) -> Option<Partition> {
        let place = self.list.iter().position(|owned| owned.topic() == topic && owned.number() == partition)?;
        // Handles may be given to another topic later, so they are looked up anew.
        self.places.clear();
        Some(self.list.remove(place))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Partition> {
        self.list.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Partition> {
        self.list.iter_mut()
    }

    pub(super) fn find(&mut self, topic: &str, partition: i32) -> Option<&mut Partition> {
        self.list.iter_mut().find(|owned| owned.topic() == topic && owned.number() == partition)
    }

    /// Takes a record into the window of its partition: its assignment, its slot, and how many records of the partition
    /// are uncommitted then. `None` when the partition is not ours any more.
    pub(super) fn take(&mut self, record: &NativeRecord) -> Option<Result<(u32, u64, usize), NoRoom>> {
        let place = self.place(record)?;
        let tracker = &mut self.list[place].tracker;
        let Some(slot) = tracker.take(record.offset()) else { return Some(Err(NoRoom)) };
        Some(Ok((tracker.assignment().index(), slot, tracker.uncommitted())))
    }

    fn place(&mut self, record: &NativeRecord) -> Option<usize> {
        let handle = (record.topic_handle(), record.partition());
        if let Some(place) = self.places.get(&handle) {
            return Some(*place);
        }
        let topic = record.topic();
        let place = self.list.iter().position(|owned| owned.topic() == topic && owned.number() == record.partition())?;
        self.places.insert(handle, place);
        Some(place)
    }

    /// Those for which `choose` holds, in the form in which the client takes them.
    pub(super) fn select(&self, mut choose: impl FnMut(&Partition) -> bool) -> TopicPartitionList {
        let mut selected = TopicPartitionList::new();
        for partition in self.list.iter().filter(|partition| choose(partition)) {
            selected.add_partition(partition.topic(), partition.number());
        }
        selected
    }
}
