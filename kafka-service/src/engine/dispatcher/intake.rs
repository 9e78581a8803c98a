//! The first step for a record: decode it in place, find its handler, and run that inline if it may run now. A record
//! that waits for its key is copied instead, and decoded when it is its turn.

use std::{
    collections::VecDeque,
    sync::Arc,
    task::{Context as TaskContext, Poll},
};

use futures_util::stream::FuturesUnordered;

use super::{
    DispatcherSettings,
    assignments::{CachedAssignment, CachedAssignments},
    ignored_fields::IgnoredFields,
    lanes::Lanes,
    unhandled::UnhandledCommands,
};
use crate::{
    config::OrderBy,
    engine::{
        BatchEntry, Counters, Shared,
        attempt::{
            self, AttemptContext, AttemptError, Delivery, Done, InFlight, Job, JobResult, NextStep, Started,
            WaitingCommand,
        },
        key_hash::{KeyHash, key_hash},
        output::Output,
    },
    handler::ErrorClass,
    message::{
        Record,
        envelope::{Envelope, EnvelopeError},
    },
    registry::{Handler, Kind, RouteId, Routes},
};

/// Everything that the dispatcher owns about commands in progress.
pub(super) struct Intake {
    pub(super) shared: Arc<Shared>,
    pub(super) settings: DispatcherSettings,
    pub(super) routes: Arc<Routes>,
    context: Arc<AttemptContext>,
    pub(super) output: Output,
    pub(super) jobs: FuturesUnordered<InFlight>,
    pub(super) lanes: Lanes<WaitingCommand>,
    /// Commands that may start as soon as fewer handlers are running. Their lanes are already busy.
    pub(super) ready: VecDeque<WaitingCommand>,
    pub(super) unhandled: UnhandledCommands,
    ignored: IgnoredFields,
    pub(super) assigned: CachedAssignments,
}

impl Intake {
    pub(super) fn new(
        shared: Arc<Shared>,
        settings: DispatcherSettings,
        routes: Arc<Routes>,
        context: Arc<AttemptContext>,
        output: Output,
    ) -> Self {
        Self {
            shared,
            settings,
            routes,
            context,
            output,
            jobs: FuturesUnordered::new(),
            lanes: Lanes::default(),
            ready: VecDeque::new(),
            unhandled: UnhandledCommands::default(),
            ignored: IgnoredFields::default(),
            assigned: CachedAssignments::default(),
        }
    }

    /// Whether another batch may be taken.
    pub(super) fn has_room(&self) -> bool {
        self.ready.is_empty()
            && !self.output.is_full()
            && self.jobs.len() < self.settings.max_in_flight
            && self.shared.fatal.reason().is_none()
    }

    /// Handlers that are running or wait for their next attempt, and commands that wait for fewer of them.
    pub(super) fn in_flight(&self) -> usize {
        self.jobs.len() + self.ready.len()
    }

    /// Takes one record. If it is neither finished nor queued when this returns, it is abandoned: its partition is
    /// being revoked.
    pub(super) fn take<R: Record>(&mut self, entry: &BatchEntry<R>, task: &mut TaskContext<'_>) {
        let known = self.assigned.get(self.shared.assignments(), &self.routes, entry.assignment);
        let known = known.filter(|known| known.assignment.is_active());
        let Some(known) = known else {
            Counters::add(&self.shared.counters.abandoned, 1);
            return;
        };
        let keyed = self.lane(entry.assignment, entry.record.key());
        if let Some(lane) = keyed.filter(|lane| !self.may_begin(*lane) && self.route_is_exclusive(known.route)) {
            // It is decoded when it is its turn.
            return self.delay(entry, &known, lane);
        }
        let delivery = Delivery::unread(&entry.record, &known.assignment, entry.slot);
        let decoded = Envelope::decode(entry.record.value());
        let Some((envelope, handler)) = self.route(delivery, known.route, &decoded) else { return };
        let lane = keyed.unwrap_or_else(|| key_hash(entry.assignment, envelope.correlation_id.as_bytes()));
        if !self.may_begin(lane) {
            self.delay(entry, &known, lane);
        } else if let Some(started) = self.start(delivery, handler, envelope, task) {
            self.lanes.occupy(lane);
            self.park(wait(entry, &known, lane), started);
        }
    }

    /// Whether a command of this lane may start now.
    fn may_begin(&self, lane: KeyHash) -> bool {
        self.jobs.len() < self.settings.max_in_flight && !self.lanes.is_busy(lane)
    }

    /// Queues a record: behind its lane if that is busy, else until fewer handlers are running.
    fn delay<R: Record>(&mut self, entry: &BatchEntry<R>, known: &CachedAssignment, lane: KeyHash) {
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
    fn route_is_exclusive(&self, route: RouteId) -> bool {
        self.routes.unknown(route) == Kind::Command && self.unhandled.is_empty()
    }

    /// The lane of a record. Records without a key are ordered by correlation id, which is in the envelope.
    fn lane(&self, assignment: u32, key: Option<&[u8]>) -> Option<KeyHash> {
        match self.settings.ordering {
            OrderBy::Partition => Some(key_hash(assignment, b"")),
            _ => key.map(|key| key_hash(assignment, key)),
        }
    }

    /// Finds the handler of a decoded record. A record without one ends here. (By reference: an envelope is large.)
    fn route<'e, 'r, R: Record>(
        &mut self,
        delivery: Delivery<'_, R>,
        route: RouteId,
        decoded: &'e Result<Envelope<'r>, EnvelopeError>,
    ) -> Option<(&'e Envelope<'r>, &'static Handler)> {
        let envelope = match decoded {
            Ok(envelope) => envelope,
            Err(EnvelopeError::NoValue) if self.routes.takes_tombstones(route) => {
                self.skip_tombstone(delivery);
                return None;
            }
            Err(error) => {
                self.reject(delivery, &AttemptError::envelope(error));
                return None;
            }
        };
        let Some(handler) = self.routes.handler(route, &envelope.kind) else {
            self.unhandled(delivery, route, envelope);
            return None;
        };
        Some((envelope, handler))
    }

    /// Calls a handler and polls it once. Returns what is left to do if it is not finished.
    fn start<R: Record>(
        &mut self,
        delivery: Delivery<'_, R>,
        handler: &'static Handler,
        envelope: &Envelope<'_>,
        task: &mut TaskContext<'_>,
    ) -> Option<Started> {
        if !self.is_kept(delivery.assignment.start(delivery.slot)) {
            return None;
        }
        if !envelope.ignored.is_empty() {
            self.ignored.note(&self.shared.counters, envelope.ignored, &delivery.origin());
        }
        let delivery = Delivery { attempt: attempt::FIRST, handler: Some(handler), ..delivery };
        let mut bound = None;
        let result = match attempt::call(&self.context, handler, envelope, delivery, &mut bound) {
            Ok(future) => {
                let mut future = attempt::offload(&self.context, handler, future);
                match attempt::poll(&self.context, handler, &mut future, task) {
                    Poll::Ready(result) => result,
                    Poll::Pending => {
                        return Some(Started::new(handler, envelope, NextStep::Finish(future), bound));
                    }
                }
            }
            Err(error) => Err(error),
        };
        // The handler may have been slow, and the partition may be assigned to another member by now.
        if !delivery.assignment.is_owned() {
            Counters::add(&self.shared.counters.abandoned, 1);
            return None;
        }
        let delivery = Delivery { bound: bound.as_ref(), ..delivery };
        match result {
            Ok(events) => {
                self.output.events(delivery, handler, envelope.into(), &events);
                None
            }
            Err(error) => {
                let next = self.failed(delivery, handler, error)?;
                Some(Started::new(handler, envelope, next, bound))
            }
        }
    }

    /// Handles a failed first attempt: a retryable error is parked for its next attempt.
    fn failed<R: Record>(
        &mut self,
        delivery: Delivery<'_, R>,
        handler: &'static Handler,
        error: AttemptError,
    ) -> Option<NextStep> {
        let policy = self.context.retry_policy(handler);
        if error.class == ErrorClass::Permanent || policy.attempts <= 1 {
            self.output.dead_letter(delivery, &error);
            return None;
        }
        Some(NextStep::Failed(error))
    }

    fn park(&mut self, waiting: WaitingCommand, started: Started) {
        debug_assert!(self.jobs.len() < self.settings.max_in_flight, "more handlers in flight than allowed");
        self.jobs.push(InFlight::new(&self.context, waiting, started));
    }

    /// Handles the end of a parked command. What waits behind it may continue.
    pub(super) fn done(&mut self, done: Done, task: &mut TaskContext<'_>) {
        let Done { job, result } = done;
        let Job { waiting, identity, handler, .. } = &job;
        match result {
            // Another instance handles it again: the results of this one must not be published too.
            _ if !waiting.assignment.is_owned() => self.leave(waiting),
            JobResult::Abandoned => self.leave(waiting),
            JobResult::Failed(error) => self.output.dead_letter(job.delivery(), &error),
            JobResult::Events(events) => self.output.events(job.delivery(), handler, identity.get(), &events),
        }
        self.next_in_lane(waiting.lane, task);
        self.start_ready(task);
    }

    /// Starts what waits in a lane until one command is pending or none is left.
    fn next_in_lane(&mut self, lane: KeyHash, task: &mut TaskContext<'_>) {
        while let Some(waiting) = self.lanes.next(lane) {
            if self.resume(waiting, task) {
                return;
            }
        }
    }

    /// Starts commands that wait for fewer handlers to be running, as far as the limit allows.
    pub(super) fn start_ready(&mut self, task: &mut TaskContext<'_>) {
        while self.jobs.len() < self.settings.max_in_flight {
            let Some(waiting) = self.ready.pop_front() else { return };
            let lane = waiting.lane;
            if !self.resume(waiting, task) {
                self.next_in_lane(lane, task);
            }
        }
    }

    /// Starts a stored command. Returns true if it is parked, so that its lane stays busy.
    fn resume(&mut self, waiting: WaitingCommand, task: &mut TaskContext<'_>) -> bool {
        let delivery = waiting.unread();
        let decoded = Envelope::decode(waiting.record.value());
        let Some((envelope, handler)) = self.route(delivery, waiting.route, &decoded) else { return false };
        let Some(started) = self.start(delivery, handler, envelope, task) else { return false };
        self.park(waiting, started);
        true
    }
}

/// Copies a record that cannot be finished now.
fn wait<R: Record>(entry: &BatchEntry<R>, known: &CachedAssignment, lane: KeyHash) -> WaitingCommand {
    WaitingCommand::copy(&entry.record, &known.assignment, known.route, entry.slot, lane)
}
