//! One lane per busy key: what follows a command of the same key waits here. Pure.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    hash::Hasher,
};

use rustc_hash::{FxBuildHasher, FxHasher};

/// Names a lane. Two keys that share a hash share a lane: they are handled in order too, which harms nobody.
pub(crate) type LaneId = u64;

/// The lane of a record: its key within its assignment.
pub(crate) fn lane(assignment: u32, key: &[u8]) -> LaneId {
    let mut hasher = FxHasher::default();
    hasher.write_u32(assignment);
    hasher.write(key);
    hasher.finish()
}

/// The busy lanes. A lane exists only while something of its key runs or waits.
#[derive(Debug)]
pub(crate) struct Lanes<T> {
    busy: HashMap<LaneId, VecDeque<T>, FxBuildHasher>,
}

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Self { busy: HashMap::default() }
    }
}

impl<T> Lanes<T> {
    pub(crate) fn is_busy(&self, lane: LaneId) -> bool {
        !self.busy.is_empty() && self.busy.contains_key(&lane)
    }

    /// Makes a lane busy. It must not be busy yet.
    pub(crate) fn occupy(&mut self, lane: LaneId) {
        let before = self.busy.insert(lane, VecDeque::new());
        debug_assert!(before.is_none(), "a lane runs one command at a time");
    }

    /// Lets something wait behind what its lane is busy with.
    pub(crate) fn enqueue(&mut self, lane: LaneId, waiting: T) {
        self.busy.entry(lane).or_default().push_back(waiting);
    }

    /// The lane has finished one: the next one that waits, for which the lane stays busy; without one the lane is gone.
    pub(crate) fn next(&mut self, lane: LaneId) -> Option<T> {
        let Entry::Occupied(mut entry) = self.busy.entry(lane) else { return None };
        let next = entry.get_mut().pop_front();
        if next.is_none() {
            entry.remove();
        }
        next
    }

    /// Drops what waits and is not to be kept. The lanes themselves stay busy.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) -> u64 {
        self.busy.values_mut().map(|waiting| retain(waiting, &mut keep)).sum()
    }

    /// Drops what waits in one lane. The lane itself stays busy.
    pub(crate) fn drop_waiting(&mut self, lane: LaneId, drop: impl Fn(&T) -> bool) -> u64 {
        self.busy.get_mut(&lane).map_or(0, |waiting| retain(waiting, |one| !drop(one)))
    }
}

fn retain<T>(waiting: &mut VecDeque<T>, keep: impl FnMut(&T) -> bool) -> u64 {
    let before = waiting.len();
    waiting.retain(keep);
    (before - waiting.len()) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_and_assignments_have_lanes_of_their_own() {
        assert_ne!(lane(1, b"a"), lane(1, b"b"));
        assert_ne!(lane(1, b"a"), lane(2, b"a"));
        assert_eq!(lane(1, b"a"), lane(1, b"a"));
    }

    proptest! {
        /// However starts and ends interleave, each lane runs one at a time and in the order of arrival.
        #[test]
        fn a_lane_is_a_queue_with_one_running(arrivals in proptest::collection::vec((0u64..4, any::<bool>()), 1..100)) {
            let mut lanes = Lanes::default();
            let mut running = HashMap::new();
            let mut started: HashMap<u64, Vec<usize>> = HashMap::new();
            for (number, (lane, end_one)) in arrivals.into_iter().enumerate() {
                if lanes.is_busy(lane) {
                    lanes.enqueue(lane, number);
                } else {
                    lanes.occupy(lane);
                    prop_assert!(running.insert(lane, number).is_none());
                    started.entry(lane).or_default().push(number);
                }
                if end_one && let Some(&lane) = running.keys().next() {
                    running.remove(&lane);
                    if let Some(next) = lanes.next(lane) {
                        running.insert(lane, next);
                        started.entry(lane).or_default().push(next);
                    } else {
                        prop_assert!(!lanes.is_busy(lane));
                    }
                }
            }
            for order in started.values() {
                prop_assert!(order.is_sorted());
            }
        }
    }
}
