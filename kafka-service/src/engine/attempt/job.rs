//! A command that could not be finished inline: it waits for its handler, or for its next attempt.

use std::sync::Arc;

use super::{AttemptError, Delivery};
use crate::{
    acks::BoundGuard,
    engine::key_hash::KeyHash,
    handler::{Events, HandlerFuture},
    message::{
        Record, WaitingRecord,
        envelope::{Envelope, Identity, StoredIdentity},
    },
    offsets::Assignment,
    registry::{Handler, RouteId},
};

/// The number of the first attempt.
pub(crate) const FIRST: u32 = 1;

/// A record that waits for its turn, with its slot.
#[derive(Debug)]
pub(crate) struct WaitingCommand {
    pub(crate) record: WaitingRecord,
    pub(crate) assignment: Arc<Assignment>,
    pub(crate) route: RouteId,
    pub(crate) slot: u64,
    pub(crate) lane: KeyHash,
}

impl WaitingCommand {
    /// Copies a record that cannot be finished now.
    pub(crate) fn copy(
        record: &impl Record,
        assignment: &Arc<Assignment>,
        route: RouteId,
        slot: u64,
        lane: KeyHash,
    ) -> Self {
        let record = WaitingRecord::copy(record);
        assignment.begin_waiting(record.size());
        Self { record, assignment: Arc::clone(assignment), route, slot, lane }
    }

    /// The record before its first attempt.
    pub(crate) fn unread(&self) -> Delivery<'_, WaitingRecord> {
        Delivery::unread(&self.record, &self.assignment, self.slot)
    }
}

impl Drop for WaitingCommand {
    fn drop(&mut self) {
        self.assignment.end_waiting(self.record.size());
    }
}

/// The next step of a parked command.
pub(crate) enum NextStep {
    /// Its handler is running.
    Finish(HandlerFuture),
    /// Its last attempt has failed.
    Failed(AttemptError),
}

/// A command that is not finished after its first poll.
pub(crate) struct Started {
    pub(crate) identity: StoredIdentity,
    pub(crate) handler: &'static Handler,
    pub(crate) next: NextStep,
    pub(crate) bound: Option<BoundGuard>,
}

impl Started {
    pub(crate) fn new(
        handler: &'static Handler,
        envelope: &Envelope<'_>,
        next: NextStep,
        bound: Option<BoundGuard>,
    ) -> Self {
        Self { identity: Identity::from(envelope).store(), handler, next, bound }
    }
}

/// A parked command.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) waiting: WaitingCommand,
    pub(crate) identity: StoredIdentity,
    pub(crate) handler: &'static Handler,
    /// The number of the current attempt.
    pub(crate) attempt: u32,
    /// What it has published itself counts towards its slot.
    pub(crate) bound: Option<BoundGuard>,
}

impl Job {
    /// The record in its current attempt.
    pub(crate) fn delivery(&self) -> Delivery<'_, WaitingRecord> {
        Delivery {
            attempt: self.attempt,
            handler: Some(self.handler),
            bound: self.bound.as_ref(),
            ..self.waiting.unread()
        }
    }
}

/// The result of a parked command.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) job: Job,
    pub(crate) result: JobResult,
}

#[derive(Debug)]
pub(crate) enum JobResult {
    Events(Events),
    Failed(AttemptError),
    /// Its partition is being revoked and its next attempt was not started: the new owner will handle it.
    Abandoned,
}
