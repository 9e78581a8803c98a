//! Records that arrive for a throttled partition.

use std::collections::VecDeque;

use crate::message::Record;

/// Records that wait for room in the window, oldest first. They had been fetched when the partition was throttled.
#[derive(Debug)]
pub(super) struct Overflow<R> {
    records: VecDeque<R>,
    /// The log end offset, if it arrived after all of them.
    end: Option<i64>,
    end_is_reset: bool,
    /// How many records must be taken until the last one that follows a reset is taken.
    until_reset: usize,
}

impl<R> Default for Overflow<R> {
    fn default() -> Self {
        Self { records: VecDeque::new(), end: None, end_is_reset: false, until_reset: 0 }
    }
}

impl<R> Overflow<R> {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether an offset in it is lower than one that arrived before: the partition was reset in between.
    pub(super) fn has_reset(&self) -> bool {
        self.until_reset > 0 || self.end_is_reset
    }
}

impl<R: Record> Overflow<R> {
    /// The offset that is expected next, if anything is set aside.
    pub(super) fn position(&self) -> Option<i64> {
        self.end.or_else(|| self.records.back().map(|record| record.offset() + 1))
    }

    /// Adds a record; `is_reset` if a different offset was expected, a later one.
    pub(super) fn push(&mut self, record: R, is_reset: bool) {
        self.records.push_back(record);
        if is_reset || self.end_is_reset {
            self.until_reset = self.records.len();
        }
        (self.end, self.end_is_reset) = (None, false);
    }

    /// Records that the log ends at this offset.
    pub(super) fn end_at(&mut self, end: i64, is_reset: bool) {
        self.end = Some(end);
        self.end_is_reset |= is_reset;
    }

    /// The offset of the oldest record.
    pub(super) fn next_offset(&self) -> Option<i64> {
        self.records.front().map(Record::offset)
    }

    pub(super) fn pop(&mut self) -> Option<R> {
        self.until_reset = self.until_reset.saturating_sub(1);
        self.records.pop_front()
    }

    /// The log end offset, once everything before it was taken.
    pub(super) fn take_end(&mut self) -> Option<i64> {
        if !self.is_empty() {
            return None;
        }
        self.end_is_reset = false;
        self.end.take()
    }
}
