//! One byte per slot of a partition's window.

use std::sync::{
    OnceLock,
    atomic::{AtomicU8, Ordering},
};

/// The state of one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotState {
    /// Taken, and not started.
    Waiting = 0,
    /// Its handler is running, or what it published is not acknowledged yet.
    Running = 1,
    /// Its events are acknowledged, or it is dead-lettered, or it is skipped by policy.
    Finished = 2,
    /// Not running: an attempt has failed, and the next one is not due yet.
    Paused = 3,
}

/// The states of the slots of one assignment. Slots only increase; the ring holds a window of them, and the
/// [`Tracker`](super::Tracker) never lets the window grow beyond the ring.
///
/// Memory is allocated in pieces as slots reach them, so that a partition with little traffic needs little.
#[derive(Debug)]
pub(crate) struct Ring {
    pieces: Box<[OnceLock<Box<[AtomicU8]>>]>,
    capacity: usize,
}

/// The size of a piece: enough for a partition with a few thousand records.
const PIECE: usize = 4_096;

impl Ring {
    /// A ring for at least `window` slots.
    pub(crate) fn new(window: usize) -> Self {
        let capacity = window.max(1).next_power_of_two();
        Self { pieces: (0..capacity.div_ceil(PIECE)).map(|_| OnceLock::new()).collect(), capacity }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    fn slot(&self, slot: u64) -> &AtomicU8 {
        // Truncation is intended: only the low bits select the byte.
        #[expect(clippy::cast_possible_truncation, reason = "masked to the ring's size")]
        let index = slot as usize & (self.capacity - 1);
        let piece = self.pieces[index / PIECE].get_or_init(|| (0..PIECE).map(|_| AtomicU8::new(0)).collect());
        &piece[index % PIECE]
    }

    pub(crate) fn set(&self, slot: u64, state: SlotState) {
        self.slot(slot).store(state as u8, Ordering::Release);
    }

    pub(crate) fn get(&self, slot: u64) -> SlotState {
        match self.slot(slot).load(Ordering::Acquire) {
            0 => SlotState::Waiting,
            1 => SlotState::Running,
            3 => SlotState::Paused,
            _ => SlotState::Finished,
        }
    }
}
