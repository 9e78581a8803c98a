//! One assignment of one partition to this member, shared by everything that works on it.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, RwLock,
        atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
};

use super::{Ring, SlotState};
use crate::sync;

/// A partition from its assignment until it is revoked or lost. If it is assigned again, that is another assignment.
#[derive(Debug)]
pub(crate) struct Assignment {
    index: u32,
    topic: Arc<str>,
    partition: i32,
    ring: Ring,
    window: Mutex<Window>,
    /// The size of the records that were copied because they wait.
    waiting_bytes: AtomicUsize,
    phase: AtomicU8,
    /// The slot after the last one that was started.
    started: AtomicU64,
}

/// The offsets of the slots in the window, oldest first. Offsets have gaps (compaction, transaction markers), so they
/// are stored and never calculated.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// The slot of the oldest offset, which is also the number of finished records.
    pub(super) head: u64,
    pub(super) offsets: VecDeque<i64>,
    /// The slot of the first record since the partition was reset to an earlier offset.
    pub(super) reset_at: u64,
}

const ACTIVE: u8 = 0;
/// Only gaps are filled: see [`Assignment::is_gap`].
const DRAINING: u8 = 1;
const CLOSED: u8 = 2;
const ENDED: u8 = 3;

impl Assignment {
    pub(crate) fn new(index: u32, topic: Arc<str>, partition: i32, window: usize) -> Self {
        Self {
            index,
            topic,
            partition,
            ring: Ring::new(window),
            window: Mutex::default(),
            waiting_bytes: AtomicUsize::new(0),
            phase: AtomicU8::new(ACTIVE),
            started: AtomicU64::new(0),
        }
    }

    pub(crate) fn index(&self) -> u32 {
        self.index
    }

    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    pub(crate) fn partition(&self) -> i32 {
        self.partition
    }

    pub(super) fn ring(&self) -> &Ring {
        &self.ring
    }

    pub(super) fn window(&self) -> MutexGuard<'_, Window> {
        sync::lock(&self.window)
    }

    /// How many bytes of this partition wait in memory.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes.load(Ordering::Relaxed)
    }

    /// Called when a record of this size starts to wait.
    pub(crate) fn begin_waiting(&self, bytes: usize) {
        self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Called when a record of this size no longer waits.
    pub(crate) fn end_waiting(&self, bytes: usize) {
        self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// The offset of an unfinished slot, for the rare case that its record is needed again.
    pub(crate) fn offset(&self, slot: u64) -> Option<i64> {
        let window = self.window();
        let index = usize::try_from(slot.checked_sub(window.head)?).ok()?;
        window.offsets.get(index).copied()
    }

    /// Whether the partition still has the record of this slot, as far as is known: it was not reset since.
    pub(crate) fn is_readable(&self, slot: u64) -> bool {
        slot >= self.window().reset_at
    }

    /// Whether new commands may start.
    pub(crate) fn is_active(&self) -> bool {
        self.phase.load(Ordering::Acquire) == ACTIVE
    }

    /// Whether results may still be published: true until the partition is given up.
    pub(crate) fn is_owned(&self) -> bool {
        self.phase.load(Ordering::Acquire) != ENDED
    }

    /// From now on, commands start only to fill gaps; those that are running may finish.
    pub(crate) fn drain(&self) {
        self.phase.fetch_max(DRAINING, Ordering::AcqRel);
    }

    /// From now on, no command starts; those that are running may finish.
    pub(crate) fn close(&self) {
        self.phase.fetch_max(CLOSED, Ordering::AcqRel);
    }

    /// The slot after the last one that was started.
    pub(super) fn started(&self) -> u64 {
        self.started.load(Ordering::Acquire)
    }

    /// Whether a slot that was not started may still start although the partition drains: a later one was started, and
    /// cannot be committed without this one, so the next owner would handle that one twice.
    pub(crate) fn is_gap(&self, slot: u64) -> bool {
        self.phase.load(Ordering::Acquire) == DRAINING && slot < self.started()
    }

    /// Ends the assignment: the results of commands that are still running are discarded.
    pub(crate) fn end(&self) {
        self.phase.store(ENDED, Ordering::Release);
    }

    /// Whether a slot may start.
    pub(crate) fn may_start(&self, slot: u64) -> bool {
        self.is_active() || self.is_gap(slot)
    }

    /// Marks a slot as running, unless it must not start.
    #[must_use]
    pub(crate) fn start(&self, slot: u64) -> bool {
        let may = self.may_start(slot);
        if may {
            debug_assert!(
                matches!(self.ring.get(slot), SlotState::Waiting | SlotState::Paused),
                "slot started while it is running or finished"
            );
            self.ring.set(slot, SlotState::Running);
            // Only the dispatcher writes it.
            self.started.store(self.started.load(Ordering::Relaxed).max(slot + 1), Ordering::Release);
        }
        may
    }

    /// Marks a slot as running again for another attempt, unless the partition drains.
    #[must_use]
    pub(crate) fn resume(&self, slot: u64) -> bool {
        self.is_active() && self.start(slot)
    }

    /// Marks a slot as waiting for its next attempt.
    pub(crate) fn pause(&self, slot: u64) {
        debug_assert_eq!(self.ring.get(slot), SlotState::Running, "slot paused while it is not running");
        self.ring.set(slot, SlotState::Paused);
    }

    /// Marks a slot as finished: it may be committed.
    pub(crate) fn finish(&self, slot: u64) {
        debug_assert_ne!(self.ring.get(slot), SlotState::Finished, "slot finished twice");
        self.ring.set(slot, SlotState::Finished);
    }

    /// Whether a slot of the window is finished.
    pub(crate) fn is_finished(&self, slot: u64) -> bool {
        self.ring.get(slot) == SlotState::Finished
    }
}

/// All assignments by index. One that has ended leaves an empty entry, so that its memory is freed when it is no longer
/// used.
#[derive(Debug, Default)]
pub(crate) struct Assignments {
    table: RwLock<Vec<Option<Arc<Assignment>>>>,
}

impl Assignments {
    pub(crate) fn add(&self, topic: Arc<str>, partition: i32, window: usize) -> Arc<Assignment> {
        let mut table = sync::write(&self.table);
        let index = u32::try_from(table.len()).expect("more than u32::MAX assignments");
        let assignment = Arc::new(Assignment::new(index, topic, partition, window));
        table.push(Some(Arc::clone(&assignment)));
        assignment
    }

    /// Ends an assignment: late reports for it find nothing.
    pub(crate) fn remove(&self, index: u32) {
        let mut table = sync::write(&self.table);
        if let Some(assignment) = table.get_mut(index as usize).and_then(Option::take) {
            assignment.end();
        }
    }

    /// How many bytes of all partitions wait in memory.
    pub(crate) fn waiting_bytes(&self) -> usize {
        let table = sync::read(&self.table);
        table.iter().flatten().map(|assignment| assignment.waiting_bytes()).sum()
    }

    pub(crate) fn get(&self, index: u32) -> Option<Arc<Assignment>> {
        let table = sync::read(&self.table);
        table.get(index as usize).and_then(Clone::clone)
    }

    /// Finishes a slot. Returns false if its assignment has ended.
    pub(crate) fn finish(&self, index: u32, slot: u64) -> bool {
        let table = sync::read(&self.table);
        let assignment = table.get(index as usize).and_then(Option::as_ref);
        if let Some(assignment) = assignment {
            assignment.finish(slot);
        }
        assignment.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_report_of_an_ended_assignment_changes_nothing() {
        let assignments = Assignments::default();
        let first = assignments.add("commands".into(), 3, 16);
        assert!(first.start(0));
        assignments.remove(first.index());
        let second = assignments.add("commands".into(), 3, 16);
        assert_ne!(first.index(), second.index());
        assert!(!assignments.finish(first.index(), 0));
        assert!(!first.is_owned() && second.is_active());
        assert_eq!(second.ring().get(0), SlotState::Waiting);
    }

    #[test]
    fn a_draining_assignment_starts_nothing_new() {
        let assignment = Assignment::new(0, "commands".into(), 0, 4);
        assert!(assignment.start(0));
        assignment.drain();
        assert!(!assignment.start(1));
        assert!(assignment.is_owned());
    }

    #[test]
    fn a_draining_assignment_starts_what_precedes_started_work() {
        let assignment = Assignment::new(0, "commands".into(), 0, 4);
        assert!(assignment.start(2));
        assignment.drain();
        assert!(assignment.is_gap(0) && assignment.start(0));
        assert!(!assignment.is_gap(3) && !assignment.start(3));
        assert!(!assignment.resume(2), "another attempt is left to the next owner");
        assignment.close();
        assert!(!assignment.is_gap(1) && !assignment.start(1));
        assert!(assignment.is_owned());
    }
}
