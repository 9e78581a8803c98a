//! Reusable buffers for encoded events, kept per thread: most handlers return one small event, and allocating its bytes
//! would cost more than writing them.

use std::cell::RefCell;

/// At most 4 MiB are kept per thread. What a burst needs beyond that is freed.
const KEPT_BUFFERS: usize = 256;
const KEPT_CAPACITY: usize = 16 * 1024;

/// Room for an ordinary event, so that a new buffer does not grow in steps.
const FIRST_CAPACITY: usize = 256;

thread_local! {
    static BUFFERS: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Returns an empty buffer with capacity.
pub(super) fn take() -> Vec<u8> {
    BUFFERS
        .try_with(|buffers| buffers.borrow_mut().pop())
        .ok()
        .flatten()
        .unwrap_or_else(|| Vec::with_capacity(FIRST_CAPACITY))
}

/// Keeps a buffer for the next event of this thread. It may come from another thread.
pub(super) fn give_back(mut buffer: Vec<u8>) {
    if buffer.capacity() == 0 || buffer.capacity() > KEPT_CAPACITY {
        return;
    }
    buffer.clear();
    // At thread exit the pool may be gone already; the buffer is then freed.
    _ = BUFFERS.try_with(|buffers| {
        let mut buffers = buffers.borrow_mut();
        if buffers.len() < KEPT_BUFFERS {
            buffers.push(buffer);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_returned_buffer_is_empty_and_reused() {
        let mut buffer = take();
        buffer.extend_from_slice(b"text");
        let address = buffer.as_ptr();
        give_back(buffer);
        let again = take();
        assert!(again.is_empty());
        assert_eq!(again.as_ptr(), address);
    }

    #[test]
    fn a_huge_buffer_is_not_kept() {
        give_back(take());
        let kept = BUFFERS.with(|buffers| buffers.borrow().len());
        give_back(Vec::with_capacity(KEPT_CAPACITY + 1));
        assert_eq!(BUFFERS.with(|buffers| buffers.borrow().len()), kept);
    }

    #[test]
    fn a_thread_keeps_a_limited_number_of_buffers() {
        for _ in 0..KEPT_BUFFERS + 10 {
            give_back(Vec::with_capacity(8));
        }
        assert_eq!(BUFFERS.with(|buffers| buffers.borrow().len()), KEPT_BUFFERS);
    }
}
