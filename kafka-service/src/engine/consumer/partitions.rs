//! All partitions that are assigned to this member.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{partition::Partition, window::Limits};
use crate::{
    message::Record as _,
    offsets::Assignment,
    transport::{Client, Position, TopicPartition},
};

/// All assigned partitions.
pub(super) struct Partitions<C: Client> {
    list: Vec<Partition<C::Record>>,
    /// The index of a record's partition in the list, by the handle that the client gives with each record.
    indexes: FxHashMap<(usize, i32), usize>,
}

/// What to do with a record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// The record has this slot in the window of its assignment; `full` if that fills the window.
    Slot { assignment: u32, slot: u64, full: bool, index: usize },
    /// The partition is throttled.
    Throttled { index: usize },
    /// The partition is not assigned (any more): its owner receives the record.
    NotOurs,
    /// The window has no room, which throttling should have prevented. Continuing would lose the record.
    NoRoom,
}

impl<C: Client> Partitions<C> {
    pub(super) fn new() -> Self {
        Self { list: Vec::new(), indexes: FxHashMap::default() }
    }

    pub(super) fn assign(&mut self, name: TopicPartition, assignment: Arc<Assignment>) {
        self.list.push(Partition::new(name, assignment));
    }

    /// Removes a partition from the list.
    pub(super) fn remove(&mut self, name: &TopicPartition) -> Option<Partition<C::Record>> {
        let index = self.list.iter().position(|owned| owned.name == *name)?;
        // A handle may be reused for another topic later, so all are looked up again.
        self.indexes.clear();
        Some(self.list.remove(index))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Partition<C::Record>> + Clone {
        self.list.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Partition<C::Record>> {
        self.list.iter_mut()
    }

    pub(super) fn find(&mut self, name: &TopicPartition) -> Option<&mut Partition<C::Record>> {
        self.list.iter_mut().find(|owned| owned.name == *name)
    }

    pub(super) fn at(&mut self, index: usize) -> &mut Partition<C::Record> {
        &mut self.list[index]
    }

    /// Takes a record into the window of its partition.
    pub(super) fn take(&mut self, record: &C::Record, limits: Limits) -> Taken {
        let Some(index) = self.index_of(record) else { return Taken::NotOurs };
        let partition = &mut self.list[index];
        if partition.is_reset_pending() {
            partition.arrive(record.offset());
        }
        if partition.throttled.is_some() {
            return Taken::Throttled { index };
        }
        let Some(slot) = partition.admit(record.offset()) else { return Taken::NoRoom };
        debug_assert!(
            partition.tracker.uncommitted() <= limits.uncommitted,
            "more uncommitted records than the window allows"
        );
        let assignment = partition.tracker.assignment().index();
        Taken::Slot { assignment, slot, full: !limits.have_room(&partition.tracker), index }
    }

    /// Handles the end of a partition, which arrives in place of a record.
    pub(super) fn reach_end(&mut self, record: &C::Record, end: i64) -> Option<usize> {
        let index = self.index_of(record)?;
        self.list[index].reach_end(end);
        Some(index)
    }

    /// Handles an error in place of a record: it tells where the client reads, if that is not known yet.
    pub(super) fn fail_at(&mut self, record: &C::Record) {
        let index = self.index_of(record).filter(|_| record.offset() >= 0);
        if let Some(index) = index {
            self.list[index].tracker.begin_at(record.offset());
        }
    }

    /// Whether there is a partition without any record yet.
    pub(super) fn any_new(&self) -> bool {
        self.list.iter().any(|partition| partition.tracker.position().is_none())
    }

    /// Where the client has to continue reading.
    pub(super) fn positions(&mut self) -> Vec<(TopicPartition, Position)> {
        let known = self.list.iter_mut().filter_map(|partition| Some((partition.name.clone(), partition.seek_to()?)));
        known.collect()
    }

    fn index_of(&mut self, record: &C::Record) -> Option<usize> {
        let handle = C::handle(record);
        if let Some(index) = self.indexes.get(&handle) {
            return Some(*index);
        }
        let topic = C::topic(record);
        let index =
            self.list.iter().position(|owned| *owned.name.topic == topic && owned.name.partition == handle.1)?;
        self.indexes.insert(handle, index);
        Some(index)
    }
}

/// The error message for [`Taken::NoRoom`].
pub(super) fn no_room<C: Client>(record: &C::Record) -> String {
    format!(
        "no room in the window for a record (topic `{}`, partition {}, offset {}); this is a bug in kafka-service",
        C::topic(record),
        C::handle(record).1,
        record.offset()
    )
}
