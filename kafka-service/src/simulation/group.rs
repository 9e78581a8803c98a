//! The consumer group: its members, who owns which partition, and the committed offsets.

use std::collections::BTreeSet;

use super::topic::{number, place};

/// The state of the coordinator.
#[derive(Debug)]
pub(super) struct Group {
    /// Members by id.
    pub(super) members: BTreeSet<u64>,
    pub(super) next_member: u64,
    pub(super) partitions: Vec<Ownership>,
    /// The next offset to read of each partition.
    pub(super) committed: Vec<i64>,
    /// The highest offset that was ever committed.
    pub(super) furthest: Vec<i64>,
}

/// Who has a partition, and who gets it.
#[derive(Clone, Debug, Default)]
pub(super) struct Ownership {
    pub(super) owner: Option<u64>,
    pub(super) target: Option<u64>,
    /// Whether its owner was told to give it up.
    pub(super) asked: bool,
    /// Whether it is revoked even if the same owner gets it again.
    pub(super) again: bool,
}

impl Group {
    /// `beyond`: the committed offsets are past the end of the log.
    pub(super) fn new(partitions: usize, beyond: bool) -> Self {
        const BEYOND: i64 = 1_000_000;
        Self {
            members: BTreeSet::new(),
            next_member: 1,
            partitions: vec![Ownership::default(); partitions],
            committed: vec![if beyond { BEYOND } else { 0 }; partitions],
            furthest: vec![0; partitions],
        }
    }

    pub(super) fn free(&mut self, partition: i32) {
        let ownership = &mut self.partitions[place(partition)];
        *ownership = Ownership { target: ownership.target, ..Ownership::default() };
    }

    pub(super) fn expel(&mut self, id: u64) {
        self.members.remove(&id);
        for ownership in self.partitions.iter_mut().filter(|ownership| ownership.owner == Some(id)) {
            *ownership = Ownership { target: ownership.target, ..Ownership::default() };
        }
    }

    pub(super) fn wants_back(&self, id: u64) -> Vec<i32> {
        let back = self.partitions.iter().enumerate().filter(|(_, ownership)| {
            ownership.owner == Some(id) && !ownership.asked && (ownership.again || ownership.target != Some(id))
        });
        back.map(|(place, _)| number(place)).collect()
    }

    pub(super) fn gives(&self, id: u64, eager: bool) -> Vec<i32> {
        // Eager: no member gets a partition before all have given up all of theirs.
        let is_moving = |ownership: &Ownership| ownership.owner.is_some() && (ownership.again || ownership.asked);
        if eager && self.partitions.iter().any(is_moving) {
            return Vec::new();
        }
        let free = self.partitions.iter().enumerate();
        let free = free.filter(|(_, ownership)| ownership.owner.is_none() && ownership.target == Some(id));
        free.map(|(place, _)| number(place)).collect()
    }
}
