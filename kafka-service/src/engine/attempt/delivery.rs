//! One record while it is handled.

use crate::{
    acks::BoundGuard,
    message::{Origin, Record},
    offsets::Assignment,
    registry::Handler,
};

/// A record while it is handled, with its slot and what is known about it so far.
pub(crate) struct Delivery<'a, R> {
    pub(crate) record: &'a R,
    pub(crate) assignment: &'a Assignment,
    pub(crate) slot: u64,
    /// The number of the current attempt, and 0 before the first.
    pub(crate) attempt: u32,
    pub(crate) handler: Option<&'static Handler>,
    /// Set if its handler publishes itself.
    pub(crate) bound: Option<&'a BoundGuard>,
}

// Written by hand, because a derive would require it of `R`.
impl<R> Clone for Delivery<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Delivery<'_, R> {}

impl<'a, R: Record> Delivery<'a, R> {
    /// The state before the first attempt.
    pub(crate) fn unread(record: &'a R, assignment: &'a Assignment, slot: u64) -> Self {
        Self { record, assignment, slot, attempt: 0, handler: None, bound: None }
    }

    /// The origin of the record in Kafka.
    pub(crate) fn origin(&self) -> Origin<'a> {
        Origin {
            topic: self.assignment.topic(),
            partition: self.assignment.partition(),
            offset: self.record.offset(),
            key: self.record.key(),
            timestamp: self.record.timestamp(),
        }
    }
}
