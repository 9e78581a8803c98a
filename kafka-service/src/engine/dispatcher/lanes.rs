//! One lane per busy key: commands with the same key as a running one wait here. Pure.

use std::collections::{HashMap, hash_map::Entry};

use rustc_hash::FxBuildHasher;
use slab::Slab;

use crate::engine::key_hash::KeyHash;

/// The busy lanes. A lane exists only while a command of its key is running or waiting.
#[derive(Debug)]
pub(super) struct Lanes<T> {
    busy: HashMap<KeyHash, Queue, FxBuildHasher>,
    /// What waits in all lanes, in one allocation. A growing one for each lane would take three times as much.
    waiting: Slab<Node<T>>,
}

/// What waits in one lane: a linked list through the slab.
#[derive(Clone, Copy, Debug, Default)]
struct Queue(Option<Ends>);

#[derive(Clone, Copy, Debug)]
struct Ends {
    first: usize,
    last: usize,
}

#[derive(Debug)]
struct Node<T> {
    one: T,
    next: Option<usize>,
}

/// When nothing waits, capacity above this is released.
const KEPT_ROOM: usize = 1_024;

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Self { busy: HashMap::default(), waiting: Slab::new() }
    }
}

impl<T> Lanes<T> {
    pub(super) fn is_busy(&self, lane: KeyHash) -> bool {
        !self.busy.is_empty() && self.busy.contains_key(&lane)
    }

    /// Makes a lane busy. It must not be busy yet.
    pub(super) fn occupy(&mut self, lane: KeyHash) {
        let before = self.busy.insert(lane, Queue::default());
        debug_assert!(before.is_none(), "lane is already busy");
    }

    /// Queues a command behind those of a busy lane.
    pub(super) fn enqueue(&mut self, lane: KeyHash, one: T) {
        self.busy.entry(lane).or_default().push(&mut self.waiting, one);
    }

    /// Finishes one command of a lane and returns the next that waits, for which the lane stays busy. Without one, the
    /// lane is removed.
    pub(super) fn next(&mut self, lane: KeyHash) -> Option<T> {
        let Entry::Occupied(mut entry) = self.busy.entry(lane) else { return None };
        let next = entry.get_mut().pop(&mut self.waiting);
        if next.is_none() {
            entry.remove();
            if self.waiting.is_empty() && self.waiting.capacity() > KEPT_ROOM {
                self.waiting = Slab::new();
            }
        }
        next
    }

    /// Drops waiting commands that are not to be kept. The lanes themselves stay busy.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) -> u64 {
        self.busy.values_mut().map(|queue| queue.retain(&mut self.waiting, &mut keep)).sum()
    }

    /// Drops waiting commands of one lane. The lane itself stays busy.
    pub(super) fn drop_waiting(&mut self, lane: KeyHash, drop: impl Fn(&T) -> bool) -> u64 {
        self.busy.get_mut(&lane).map_or(0, |queue| queue.retain(&mut self.waiting, |one| !drop(one)))
    }
}

impl Queue {
    fn push<T>(&mut self, waiting: &mut Slab<Node<T>>, one: T) {
        let last = waiting.insert(Node { one, next: None });
        let first = self.0.map_or(last, |ends| {
            waiting[ends.last].next = Some(last);
            ends.first
        });
        self.0 = Some(Ends { first, last });
    }

    fn pop<T>(&mut self, waiting: &mut Slab<Node<T>>) -> Option<T> {
        let Ends { first, last } = self.0?;
        let Node { one, next } = waiting.remove(first);
        self.0 = next.map(|first| Ends { first, last });
        Some(one)
    }

    /// Returns how many it drops.
    fn retain<T>(&mut self, waiting: &mut Slab<Node<T>>, mut keep: impl FnMut(&T) -> bool) -> u64 {
        let mut before = std::mem::take(self);
        let mut dropped = 0;
        while let Some(one) = before.pop(waiting) {
            if keep(&one) {
                self.push(waiting, one);
            } else {
                dropped += 1;
            }
        }
        dropped
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However starts and ends interleave, each lane runs one command at a time and in the order of arrival.
        #[test]
        fn a_lane_is_a_queue_with_one_command_in_flight(arrivals in proptest::collection::vec((0u64..4, any::<bool>()), 1..100)) {
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

    proptest! {
        /// Dropped commands are counted, and the others keep their order, in every lane.
        #[test]
        fn retained_commands_stay_in_order(arrivals in proptest::collection::vec((0u64..4, any::<bool>()), 1..100)) {
            let mut lanes = Lanes::default();
            for lane in 0..4 {
                lanes.occupy(lane);
            }
            let mut expected: HashMap<u64, Vec<usize>> = HashMap::new();
            for (number, (lane, is_kept)) in arrivals.iter().enumerate() {
                lanes.enqueue(*lane, number);
                if *is_kept {
                    expected.entry(*lane).or_default().push(number);
                }
            }
            let kept: usize = expected.values().map(Vec::len).sum();
            // One lane by itself first, then all.
            let of_first = lanes.drop_waiting(0, |number| !arrivals[*number].1);
            let dropped = lanes.retain(|number| arrivals[*number].1);
            prop_assert_eq!((of_first + dropped) as usize, arrivals.len() - kept);
            for lane in 0..4 {
                let rest: Vec<_> = std::iter::from_fn(|| lanes.next(lane)).collect();
                prop_assert_eq!(rest, expected.remove(&lane).unwrap_or_default());
                prop_assert!(!lanes.is_busy(lane));
            }
        }
    }

    #[test]
    fn memory_is_freed_when_no_command_waits() {
        let mut lanes = Lanes::default();
        lanes.occupy(1);
        (0..10 * KEPT_ROOM).for_each(|number| lanes.enqueue(1, number));
        while lanes.next(1).is_some() {}
        assert_eq!(lanes.waiting.capacity(), 0);
    }
}
