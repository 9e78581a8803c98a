//! An allocator that counts. The program has one thread, so plain loads and stores are enough, and cost next to nothing.

#![expect(unsafe_code, reason = "there is no other way to be an allocator; it only passes on")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    ops::Sub,
    sync::atomic::{AtomicU64, Ordering},
};

#[global_allocator]
static ALLOCATOR: Counting = Counting { allocations: AtomicU64::new(0), bytes: AtomicU64::new(0) };

struct Counting {
    allocations: AtomicU64,
    bytes: AtomicU64,
}

/// What was allocated since the start; memory that was made larger counts once more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) allocations: u64,
    pub(crate) bytes: u64,
}

/// So far.
pub(crate) fn counted() -> Counted {
    Counted {
        allocations: ALLOCATOR.allocations.load(Ordering::Relaxed),
        bytes: ALLOCATOR.bytes.load(Ordering::Relaxed),
    }
}

impl Sub for Counted {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self { allocations: self.allocations - before.allocations, bytes: self.bytes - before.bytes }
    }
}

impl Counting {
    fn add(&self, bytes: usize) {
        self.allocations.store(self.allocations.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.bytes.store(self.bytes.load(Ordering::Relaxed) + bytes as u64, Ordering::Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator as it came, and nothing here allocates or panics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.add(layout.size());
        // SAFETY: the caller has promised what it needs.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.add(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.add(size);
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}
