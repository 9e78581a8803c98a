//! What arrives of a partition that takes no more.

use std::collections::VecDeque;

use super::Record;

/// Records that wait for room in the window, oldest first. They were on their way when the hold began.
#[derive(Debug)]
pub(super) struct Aside<R> {
    records: VecDeque<R>,
    /// The end of the log, if it arrived behind all of them.
    end: Option<i64>,
    end_is_reset: bool,
    /// How many records are to be taken until the last one that follows a reset is.
    until_reset: usize,
}

impl<R> Default for Aside<R> {
    fn default() -> Self {
        Self { records: VecDeque::new(), end: None, end_is_reset: false, until_reset: 0 }
    }
}

impl<R> Aside<R> {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether something of it has an earlier offset than what arrived before it: the partition was reset in between.
    pub(super) fn has_reset(&self) -> bool {
        self.until_reset > 0 || self.end_is_reset
    }
}

impl<R: Record> Aside<R> {
    /// The offset that is to arrive next, if something is aside.
    pub(super) fn position(&self) -> Option<i64> {
        self.end.or_else(|| self.records.back().map(|record| record.offset() + 1))
    }

    /// Adds a record; `is_reset` if another offset was to arrive, a later one.
    pub(super) fn push(&mut self, record: R, is_reset: bool) {
        self.records.push_back(record);
        if is_reset || self.end_is_reset {
            self.until_reset = self.records.len();
        }
        (self.end, self.end_is_reset) = (None, false);
    }

    /// The log ends here.
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

    /// The end of the log, if everything before it was taken.
    pub(super) fn take_end(&mut self) -> Option<i64> {
        if !self.is_empty() {
            return None;
        }
        self.end_is_reset = false;
        self.end.take()
    }
}
