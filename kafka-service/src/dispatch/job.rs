//! A command that could not be finished inline: it waits for its handler, or for its next attempt.

use std::sync::Arc;

use super::{assigned::Known, attempt::AttemptError, lanes::LaneId};
use crate::{
    commit::Assignment,
    envelope::{Envelope, Identity, StoredIdentity},
    handler::{Events, HandlerFuture},
    message::{Origin, Record, WaitingRecord},
    publish::BoundGuard,
    registry::{Handler, RouteId},
};

/// The number of the first attempt.
pub(super) const FIRST: u32 = 1;

/// A record that waits for its turn, with its slot.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) record: WaitingRecord,
    pub(crate) assignment: Arc<Assignment>,
    pub(crate) route: RouteId,
    pub(crate) slot: u64,
    pub(crate) lane: LaneId,
}

impl Waiting {
    pub(super) fn new(record: WaitingRecord, known: &Known, slot: u64, lane: LaneId) -> Self {
        known.assignment.begin_waiting(record.size());
        Self { record, assignment: Arc::clone(&known.assignment), route: known.route, slot, lane }
    }

    pub(crate) fn origin(&self) -> Origin<'_> {
        origin(&self.record, &self.assignment)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.assignment.end_waiting(self.record.size());
    }
}

/// The origin of a record in Kafka.
pub(crate) fn origin<'a>(record: &'a impl Record, assignment: &'a Assignment) -> Origin<'a> {
    Origin {
        topic: assignment.topic(),
        partition: assignment.partition(),
        offset: record.offset(),
        key: record.key(),
        timestamp: record.timestamp(),
    }
}

/// The next step of a parked command.
pub(crate) enum Next {
    /// Its handler is running.
    Finish(HandlerFuture),
    /// Its last attempt has failed.
    Failed(AttemptError),
}

/// A command that is not finished after its first poll.
pub(super) struct Started {
    pub(super) identity: StoredIdentity,
    pub(super) handler: &'static Handler,
    pub(super) next: Next,
    pub(super) bound: Option<BoundGuard>,
}

impl Started {
    pub(super) fn new(
        handler: &'static Handler,
        envelope: &Envelope<'_>,
        next: Next,
        bound: Option<BoundGuard>,
    ) -> Self {
        Self { identity: Identity::from(envelope).store(), handler, next, bound }
    }
}

/// A parked command.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) waiting: Waiting,
    pub(crate) identity: StoredIdentity,
    pub(crate) handler: &'static Handler,
    pub(crate) attempts: u32,
    /// What it has published itself counts towards its slot.
    pub(crate) bound: Option<BoundGuard>,
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
