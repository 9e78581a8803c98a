//! The first step for a record: decode it in place, find its handler, and run that inline if it may run now. A record
//! that waits for its key is copied instead, and decoded when it is its turn.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context as TaskContext, Poll},
};

use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc;

use super::{
    Core, Counters, Entry,
    assigned::{Assigned, Known},
    attempt::{self, AttemptError},
    ignored::IgnoredFields,
    job::{self, Done, Job, JobResult, Next, Started, Waiting, origin},
    lanes::{LaneId, Lanes, lane},
    outcome::{Ended, Publishing},
    parked::Parked,
    pool,
    unknown::Unknown,
};
use crate::{
    config::OrderBy,
    envelope::{Envelope, EnvelopeError},
    handler::ErrorClass,
    message::{Record, WaitingRecord},
    publish::Incoming,
    registry::{Handler, Kind, RouteId},
    retry,
};

/// Everything that the dispatcher owns about commands in progress.
pub(super) struct Intake {
    pub(super) core: Arc<Core>,
    pub(super) publishing: Publishing,
    pub(super) jobs: FuturesUnordered<Parked>,
    pub(super) lanes: Lanes<Waiting>,
    /// Commands that may start as soon as fewer handlers are running. Their lanes are already busy.
    pub(super) ready: VecDeque<Waiting>,
    pub(super) unknown: Unknown,
    ignored: IgnoredFields,
    pub(super) assigned: Assigned,
}

impl Intake {
    pub(super) fn new(core: Arc<Core>, incoming: mpsc::UnboundedReceiver<Incoming>) -> Self {
        Self {
            publishing: Publishing::new(Arc::clone(&core), incoming),
            core,
            jobs: FuturesUnordered::new(),
            lanes: Lanes::default(),
            ready: VecDeque::new(),
            unknown: Unknown::default(),
            ignored: IgnoredFields::default(),
            assigned: Assigned::default(),
        }
    }

    /// Whether another batch may be taken.
    pub(super) fn has_room(&self) -> bool {
        self.ready.is_empty()
            && !self.publishing.output.is_full()
            && self.jobs.len() < self.core.settings.max_in_flight
            && self.core.fatal.reason().is_none()
    }

    /// Takes one record. If it is neither finished nor queued when this returns, it is abandoned: its partition is
    /// being revoked.
    pub(super) fn take<R: Record>(&mut self, entry: &Entry<R>, context: &mut TaskContext<'_>) {
        let known = self.assigned.get(&self.core, entry.assignment).filter(|known| known.assignment.is_active());
        let Some(known) = known else {
            Counters::add(&self.core.counters.abandoned, 1);
            return;
        };
        let keyed = self.lane(entry.assignment, entry.record.key());
        if let Some(lane) = keyed.filter(|lane| !self.may_begin(*lane) && self.is_all_ours(known.route)) {
            // It is decoded when it is its turn.
            return self.delay(entry, &known, lane);
        }
        let ended = Ended::unread(&entry.record, &known.assignment, entry.slot);
        let Some((envelope, handler)) = self.read(ended, known.route) else { return };
        let lane = keyed.unwrap_or_else(|| lane(entry.assignment, envelope.correlation_id.as_bytes()));
        if !self.may_begin(lane) {
            self.delay(entry, &known, lane);
        } else if let Some(started) = self.start(ended, handler, &envelope, context) {
            self.lanes.occupy(lane);
            self.park(wait(entry, &known, lane), started);
        }
    }

    /// Whether a command of this lane may start now.
    fn may_begin(&self, lane: LaneId) -> bool {
        self.jobs.len() < self.core.settings.max_in_flight && !self.lanes.is_busy(lane)
    }

    /// Queues a record: behind its lane if that is busy, else until fewer handlers are running.
    fn delay<R: Record>(&mut self, entry: &Entry<R>, known: &Known, lane: LaneId) {
        let waiting = wait(entry, known, lane);
        if self.lanes.is_busy(lane) {
            self.lanes.enqueue(lane, waiting);
        } else {
            self.lanes.occupy(lane);
            self.ready.push_back(waiting);
        }
    }

    /// Whether all messages of a topic have a handler here, as far as is known. On other topics a record may have none,
    /// and then need not wait for its key.
    fn is_all_ours(&self, route: RouteId) -> bool {
        self.core.routes.unknown(route) == Kind::Command && self.unknown.is_empty()
    }

    /// The lane of a record. Records without a key are ordered by correlation id, which is in the envelope.
    fn lane(&self, assignment: u32, key: Option<&[u8]>) -> Option<LaneId> {
        match self.core.settings.ordering {
            OrderBy::Partition => Some(lane(assignment, b"")),
            _ => key.map(|key| lane(assignment, key)),
        }
    }

    /// Decodes a record and finds its handler. A record without one ends here.
    fn read<'a, R: Record>(&mut self, ended: Ended<'a, R>, route: RouteId) -> Option<(Envelope<'a>, &'static Handler)> {
        let envelope = match Envelope::decode(ended.record.value()) {
            Ok(envelope) => envelope,
            Err(EnvelopeError::NoValue) if self.core.routes.takes_tombstones(route) => {
                self.skip_tombstone(ended);
                return None;
            }
            Err(error) => {
                self.reject(ended, &AttemptError::envelope(&error));
                return None;
            }
        };
        let Some(handler) = self.core.routes.handler(route, &envelope.kind) else {
            self.unknown(ended, route, &envelope);
            return None;
        };
        Some((envelope, handler))
    }

    /// Calls a handler and polls it once. Returns what is left to do if it is not finished.
    fn start<R: Record>(
        &mut self,
        ended: Ended<'_, R>,
        handler: &'static Handler,
        envelope: &Envelope<'_>,
        context: &mut TaskContext<'_>,
    ) -> Option<Started> {
        if !self.is_kept(ended.assignment.start(ended.slot)) {
            return None;
        }
        if !envelope.ignored.is_empty() {
            self.ignored.note(&self.core.counters, envelope.ignored, &origin(ended.record, ended.assignment));
        }
        let ended = Ended { attempts: job::FIRST, handler: Some(handler), ..ended };
        let mut bound = None;
        let result = match attempt::call(&self.core, handler, envelope, ended, &mut bound) {
            Ok(future) => {
                let mut future = pool::place(&self.core, handler, future);
                match attempt::poll(&self.core, handler, &mut future, context) {
                    Poll::Ready(result) => result,
                    Poll::Pending => {
                        return Some(Started::new(handler, envelope, Next::Finish(future), bound));
                    }
                }
            }
            Err(error) => Err(error),
        };
        // The handler may have been slow, and the partition may be assigned to another member by now.
        if !ended.assignment.is_owned() {
            Counters::add(&self.core.counters.abandoned, 1);
            return None;
        }
        let ended = Ended { bound: bound.as_ref(), ..ended };
        match result {
            Ok(events) => {
                self.publishing.events(ended, handler, envelope.into(), &events);
                None
            }
            Err(error) => {
                let next = self.failed(ended, handler, error)?;
                Some(Started::new(handler, envelope, next, bound))
            }
        }
    }

    /// Handles a failed first attempt: a retryable error is parked for its next attempt.
    fn failed<R: Record>(
        &mut self,
        ended: Ended<'_, R>,
        handler: &'static Handler,
        error: AttemptError,
    ) -> Option<Next> {
        let policy = retry::policy(&self.core.settings.retry, &handler.retry);
        if error.class == ErrorClass::Permanent || policy.attempts <= 1 {
            self.publishing.dead_letter(ended, &error);
            return None;
        }
        Some(Next::Failed(error))
    }

    fn park(&mut self, waiting: Waiting, started: Started) {
        debug_assert!(self.jobs.len() < self.core.settings.max_in_flight, "more handlers in flight than allowed");
        self.jobs.push(Parked::new(&self.core, waiting, started));
    }

    /// Handles the end of a parked command. What waits behind it may continue.
    pub(super) fn done(&mut self, done: Done, context: &mut TaskContext<'_>) {
        let Done { job: Job { waiting, identity, handler, attempts, bound }, result } = done;
        let ended = Ended {
            record: &waiting.record,
            assignment: &waiting.assignment,
            slot: waiting.slot,
            attempts,
            handler: Some(handler),
            bound: bound.as_ref(),
        };
        match result {
            // Another instance handles it again: the results of this one must not be published too.
            _ if !waiting.assignment.is_owned() => self.leave(&waiting),
            JobResult::Abandoned => self.leave(&waiting),
            JobResult::Failed(error) => self.publishing.dead_letter(ended, &error),
            JobResult::Events(events) => self.publishing.events(ended, handler, identity.get(), &events),
        }
        self.next_in_lane(waiting.lane, context);
        self.start_ready(context);
    }

    /// Starts what waits in a lane until one command is pending or none is left.
    fn next_in_lane(&mut self, lane: LaneId, context: &mut TaskContext<'_>) {
        while let Some(waiting) = self.lanes.next(lane) {
            if self.resume(waiting, context) {
                return;
            }
        }
    }

    /// Starts commands that wait for fewer handlers to be running, as far as the limit allows.
    pub(super) fn start_ready(&mut self, context: &mut TaskContext<'_>) {
        while self.jobs.len() < self.core.settings.max_in_flight {
            let Some(waiting) = self.ready.pop_front() else { return };
            let lane = waiting.lane;
            if !self.resume(waiting, context) {
                self.next_in_lane(lane, context);
            }
        }
    }

    /// Starts a stored command. Returns true if it is parked, so that its lane stays busy.
    fn resume(&mut self, waiting: Waiting, context: &mut TaskContext<'_>) -> bool {
        let ended = Ended::unread(&waiting.record, &waiting.assignment, waiting.slot);
        let Some((envelope, handler)) = self.read(ended, waiting.route) else { return false };
        let Some(started) = self.start(ended, handler, &envelope, context) else { return false };
        self.park(waiting, started);
        true
    }
}

/// Copies a record that cannot be finished now.
fn wait<R: Record>(entry: &Entry<R>, known: &Known, lane: LaneId) -> Waiting {
    Waiting::new(WaitingRecord::copy(&entry.record), known, entry.slot, lane)
}
