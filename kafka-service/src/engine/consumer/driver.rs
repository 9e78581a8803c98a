//! The consumer loop, one step at a time.

use std::{
    any::Any,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use tokio::sync::mpsc::{self, error::TrySendError};

use super::{
    Ended, Stop,
    commit::{Refusals, Unanswered},
    drain::{Drain, Revoke},
    partitions::{Partitions, Taken, no_room},
    window::{Limits, Throttled},
};
use crate::{
    engine::{
        Batch, BatchEntry, Control, Shared,
        attempt::{PollCosts, PollWatch},
    },
    transport::{Client, GroupRefusal, TopicPartition},
};

/// The maximum number of records in a batch. Beyond a few hundred, larger batches gain nothing measurable.
pub(super) const BATCH: usize = 512;
/// A batch of at least this size means that records arrive faster than one by one, and that more will follow soon.
const BUSY: usize = 32;
/// How long a step waits for a record before it does everything else.
const WAIT_FOR_RECORDS: Duration = Duration::from_millis(20);
/// How long it waits while a revoked partition waits for handlers.
const WAIT_SHORTLY: Duration = Duration::from_millis(1);
/// How long it waits at first while there is no room for a record: a batch of records that are all skipped, or wait for
/// their keys, occupies the dispatcher for some ten microseconds.
const WAIT_FOR_ROOM: Duration = Duration::from_micros(125);
/// The longest wait for room.
const WAIT_LONGER: Duration = Duration::from_millis(8);

/// What a driver is created with.
pub(crate) struct DriverSettings<R> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) costs: Arc<PollCosts>,
    pub(crate) batches: mpsc::Sender<Batch<R>>,
    pub(crate) control: mpsc::UnboundedSender<Control>,
    pub(crate) stop: Arc<Stop>,
    /// The maximum number of uncommitted records of a partition.
    pub(crate) max_uncommitted: usize,
    /// How long a revoked partition waits for its handlers: much shorter than every timeout after which the group would
    /// continue without this member.
    pub(crate) drain_deadline: Duration,
}

// Written by hand, because a derive would require it of `R`.
impl<R> Clone for DriverSettings<R> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            costs: Arc::clone(&self.costs),
            batches: self.batches.clone(),
            control: self.control.clone(),
            stop: Arc::clone(&self.stop),
            ..*self
        }
    }
}

/// Consumes with one client until it is stopped or the client fails.
pub(crate) struct Driver<C: Client> {
    pub(super) client: C,
    pub(super) shared: Arc<Shared>,
    pub(super) settings: DriverSettings<C::Record>,
    pub(super) partitions: Partitions<C>,
    pub(super) revokes: Vec<Revoke<C::Record>>,
    /// Whether the dispatcher was told that more records follow soon.
    more: bool,
    /// A batch that the dispatcher has no room for yet.
    pub(super) unsent: Option<Batch<C::Record>>,
    /// How long the next step waits for room, in the dispatcher or in a window.
    wait: Duration,
    /// Every batch holds a clone of it, which shows when the last record is released.
    lease: Arc<()>,
    pub(super) phase: Phase,
    pub(super) limits: Limits,
    pub(super) any_throttled: bool,
    /// Whether a partition could not be fetched and no record of it has arrived since.
    pub(super) any_fetch_failed: bool,
    pub(super) unanswered: Unanswered,
    pub(super) last_commit: Instant,
    pub(super) poll_watch: PollWatch,
    pub(super) refusals: Refusals,
}

pub(super) enum Phase {
    Consuming,
    /// Shutting down: handlers that are running may finish.
    Draining(Drain),
    /// Everything is committed; the group revokes the partitions.
    Leaving {
        /// Until when leaving may take in any case.
        least: Instant,
        until: Instant,
        ended: Ended,
    },
}

/// What to do after a step.
#[derive(Debug)]
pub(crate) enum Step {
    Again,
    End(End),
}

/// How the driver ended.
#[derive(Debug)]
pub(crate) enum End {
    Stopped(Ended),
    Fatal(String, Ended),
    /// A new client can continue; with the reason.
    Recreate(String),
    /// The broker does not support this; a client that joins in another way may continue.
    GroupRefused(GroupRefusal),
}

impl<C: Client> Driver<C> {
    pub(crate) fn new(client: C, settings: DriverSettings<C::Record>, now: Instant) -> Self {
        Self {
            client,
            limits: Limits::new(settings.max_uncommitted, 1),
            shared: Arc::clone(&settings.shared),
            settings,
            partitions: Partitions::new(),
            revokes: Vec::new(),
            more: false,
            unsent: None,
            wait: WAIT_FOR_ROOM,
            lease: Arc::new(()),
            phase: Phase::Consuming,
            any_throttled: false,
            any_fetch_failed: false,
            unanswered: Unanswered::default(),
            last_commit: now,
            poll_watch: PollWatch::default(),
            refusals: Refusals::default(),
        }
    }

    /// Does what is due now. Waits at most some milliseconds, and only for the client.
    pub(crate) fn step(&mut self, now: Instant) -> Step {
        let wait = match self.phase {
            Phase::Consuming if self.unsent.is_none() => Duration::ZERO,
            Phase::Consuming => self.wait_for_room(),
            _ => WAIT_SHORTLY,
        };
        for event in self.client.serve(wait) {
            if let Some(end) = self.event(event, now) {
                return Step::End(end);
            }
        }
        self.progress_revokes(now);
        self.tick(now);
        if matches!(self.phase, Phase::Consuming) && !self.must_stop() {
            return self.consume(now);
        }
        self.progress_stop(now)
    }

    /// How long to wait for room now: each wait in vain doubles the next.
    fn wait_for_room(&mut self) -> Duration {
        let wait = self.wait;
        self.wait = (wait * 2).min(WAIT_LONGER);
        wait
    }

    /// Returns the client, and the lease that shows whether all of its records are released.
    pub(crate) fn into_client(self) -> (C, Arc<()>) {
        (self.client, self.lease)
    }

    /// Whether no new records are received any more.
    pub(crate) fn is_stopping(&self) -> bool {
        !matches!(self.phase, Phase::Consuming)
    }

    fn must_stop(&self) -> bool {
        self.settings.stop.is_requested() || self.shared.fatal.reason().is_some()
    }

    fn consume(&mut self, now: Instant) -> Step {
        if self.is_commit_due() {
            self.commit(now);
        }
        self.refill_throttled(now);
        self.send();
        if self.unsent.is_some() {
            return Step::Again;
        }
        let wait = match (self.revokes.is_empty(), self.any_throttled) {
            (true, false) => WAIT_FOR_RECORDS,
            (true, true) => self.wait_for_room().max(WAIT_SHORTLY),
            (false, _) => WAIT_SHORTLY,
        };
        let records = self.client.take(BATCH, wait);
        if let Some(end) = self.catch_up(&records, now) {
            return Step::End(end);
        }
        let had_more = std::mem::replace(&mut self.more, records.len() >= BUSY);
        match self.accept(records, now) {
            Ok(entries) if entries.is_empty() && !had_more => {}
            Ok(entries) => self.hand_over(entries, self.more),
            Err(reason) => return Step::End(End::Fatal(reason, self.ended())),
        }
        Step::Again
    }

    /// Gives each record its slot. A partition whose window is full after that is throttled.
    fn accept(&mut self, records: Vec<C::Record>, now: Instant) -> Result<Vec<BatchEntry<C::Record>>, String> {
        let mut entries = Vec::with_capacity(records.len());
        let mut full = Vec::new();
        for record in records {
            if let Some(end) = C::log_end(&record) {
                if let Some(index) = self.partitions.reach_end(&record, end)
                    && self.any_fetch_failed
                {
                    self.fetched(index, now);
                }
                continue;
            }
            if let Some(error) = C::error(&record) {
                self.partitions.fail_at(&record);
                let name = TopicPartition::new(&C::topic(&record), C::handle(&record).1);
                self.fetch_failed(&name, error, now);
                continue;
            }
            match self.partitions.take(&record, self.limits) {
                Taken::Slot { assignment, slot, full: is_full, index } => {
                    if self.any_fetch_failed {
                        self.fetched(index, now);
                    }
                    entries.push(BatchEntry { record, assignment, slot });
                    if is_full {
                        let partition = self.partitions.at(index);
                        partition.throttled = Some(Throttled { since: now, paused: false });
                        full.push(partition.name.clone());
                    }
                }
                Taken::Throttled { index } => self.partitions.at(index).set_aside(record),
                Taken::NotOurs => {}
                Taken::NoRoom => return Err(no_room::<C>(&record)),
            }
        }
        if !full.is_empty() {
            self.any_throttled = true;
            self.client.hold(&full);
        }
        Ok(entries)
    }

    pub(super) fn hand_over(&mut self, entries: Vec<BatchEntry<C::Record>>, more: bool) {
        let lease: Box<dyn Any + Send> = Box::new(Arc::clone(&self.lease));
        self.unsent = Some(Batch { entries, more, lease: Some(lease) });
        self.send();
    }

    fn send(&mut self) {
        let Some(batch) = self.unsent.take() else { return };
        match self.settings.batches.try_send(batch) {
            Err(TrySendError::Full(batch)) => self.unsent = Some(batch),
            // A dispatcher that is gone has ended together with the service.
            Ok(()) | Err(TrySendError::Closed(_)) => self.wait = WAIT_FOR_ROOM,
        }
    }

    pub(super) fn count_assigned(&mut self) {
        let count = self.partitions.iter().count();
        self.limits = Limits::new(self.settings.max_uncommitted, count);
        self.shared.health.assigned_partitions.store(count, Ordering::Relaxed);
    }
}
