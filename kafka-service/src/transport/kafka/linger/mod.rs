//! Decides when lingering records are sent.
//!
//! librdkafka's own `linger.ms` is a timer for each record. An idempotent producer has one request in flight for each
//! partition. If the timer of a record behind it expires, the client's thread does not sleep until the response
//! arrives: with a slow broker this takes a whole core, and if it is the broker's core, the broker gets even slower. So
//! the client gets a linger that never expires ([`STOPGAP`]), and this thread says when to send. Full batches are sent
//! without it.

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rdkafka::{
    error::KafkaError,
    producer::{BaseProducer, Producer as _, ProducerContext},
};

use super::ffi::end_linger;
use crate::{sync, transport::DeliveryReports};

/// The linger of the client beyond that of the service, in case it is never told to send.
pub(super) const STOPGAP: Duration = Duration::from_secs(60);

/// For how long one call makes the client treat the linger as elapsed, at most: enough for the client's threads to
/// notice.
const NOTICE: Duration = Duration::from_millis(1);

/// If more records than this are unacknowledged, new ones are sent together when these are acknowledged: they would
/// wait in the client anyway.
const SMALL_BACKLOG: i32 = 64;

/// The longest such wait: other partitions may be faster.
const MAX_LINGER_WAIT: Duration = Duration::from_millis(50);

/// If no record has been added for this long, the wait is only about as long as the broker takes. Before that, more
/// records are likely to follow, and a full batch is worth more.
const IDLE_AFTER: Duration = Duration::from_millis(10);

/// The least time between two calls, because the client's thread does not sleep during a call. It is longer if the
/// machine has no core to spare, but not longer than [`MAX_LINGER_WAIT`].
const MIN_FLUSH_INTERVAL: Duration = Duration::from_millis(4);

/// Sends lingering records: while busy, when the oldest has waited for the linger; when idle, at once. So one setting
/// has both the latency of `linger.ms=0` and the throughput of a long linger.
#[derive(Debug)]
pub(super) struct Linger {
    linger: Duration,
    state: Mutex<LingerState>,
    changed: Condvar,
    /// Whether the next action is already decided; read for each record.
    is_set: AtomicBool,
    reported: AtomicU64,
    /// When `reported` reaches this count, what was unacknowledged at the last call is acknowledged. Records that were
    /// not sent count too, so with many records this rarely happens before [`MAX_LINGER_WAIT`].
    round: AtomicU64,
    /// When `reported` reaches this count, the first of these records is acknowledged.
    first: AtomicU64,
}

#[derive(Debug)]
struct LingerState {
    next: Flush,
    /// When the oldest waiting record was added.
    since: Instant,
    /// When records were last sent.
    sent: Instant,
    /// The duration of the last call and of the one before.
    took: [Duration; 2],
    /// When the service was last idle.
    idle: Instant,
    /// Twice the time that the broker takes to acknowledge: by then, what was sent is acknowledged. At most
    /// [`MAX_LINGER_WAIT`].
    pace: Duration,
    /// How long a small number of records wait for an acknowledgement of earlier ones, at most. There may be none to
    /// wait for: a client that is not connected to a broker yet has sent nothing, and does not report when it is
    /// connected.
    patience: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flush {
    Nothing,
    /// More records may follow.
    WhenLingerIsOver,
    /// Records were left behind a request in flight.
    WhenAcknowledged,
    /// The service is idle.
    Now,
    End,
}

impl Linger {
    pub(super) fn new(linger: Duration) -> Arc<Self> {
        let now = Instant::now();
        Arc::new(Self {
            linger,
            state: Mutex::new(LingerState {
                next: Flush::Nothing,
                since: now,
                sent: now,
                took: [Duration::ZERO; 2],
                idle: now,
                pace: MAX_LINGER_WAIT,
                patience: MIN_FLUSH_INTERVAL,
            }),
            changed: Condvar::new(),
            is_set: AtomicBool::new(false),
            reported: AtomicU64::new(0),
            round: AtomicU64::new(0),
            first: AtomicU64::new(0),
        })
    }

    pub(super) fn start<C: ProducerContext + 'static>(
        self: &Arc<Self>,
        producer: &Arc<BaseProducer<C>>,
        reports: &Arc<dyn DeliveryReports>,
    ) -> Result<LingerThread, KafkaError> {
        let (linger, producer, reports) = (Arc::clone(self), Arc::clone(producer), Arc::clone(reports));
        let thread = thread::Builder::new().name("kafka-linger".to_owned()).spawn(move || {
            let unacknowledged = || producer.in_flight_count();
            while let Some(reason) = linger.wait(unacknowledged) {
                end_linger(&producer, NOTICE);
                reports.made_room();
                linger.sent(reason, unacknowledged());
            }
        });
        let thread =
            thread.map_err(|error| KafkaError::ClientCreation(format!("cannot start the linger thread: {error}")))?;
        Ok(LingerThread { linger: Arc::clone(self), thread: Some(thread) })
    }

    fn state(&self) -> MutexGuard<'_, LingerState> {
        sync::lock(&self.state)
    }

    /// Waits until it is time to send, and returns why. `None` at the end.
    fn wait(&self, unacknowledged: impl Fn() -> i32) -> Option<Flush> {
        let mut state = self.state();
        while state.next != Flush::End {
            let now = Instant::now();
            let due = self.due(&state, now, &unacknowledged);
            state = match due.map(|due| due.saturating_duration_since(now)) {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return Some(self.begin(&mut state, now, unacknowledged())),
                Some(wait) => self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        None
    }

    /// When to send. `None` means: wait for a change.
    fn due(&self, state: &LingerState, now: Instant, unacknowledged: impl Fn() -> i32) -> Option<Instant> {
        let reported = self.reported.load(Ordering::Relaxed);
        let is_reached = |count: &AtomicU64| reported >= count.load(Ordering::Relaxed);
        // If the machine has no free core, the call returns late. One late call may be chance, and would delay the last
        // records of a burst, so when idle the faster of two calls counts.
        let [last, before] = state.took;
        let took = if state.next == Flush::WhenLingerIsOver { last } else { last.min(before) };
        let late = took.div_duration_f64(NOTICE).max(1.0).powi(2);
        let rested = |wait: Duration| {
            let wait = if is_reached(&self.round) { MIN_FLUSH_INTERVAL } else { wait.max(MIN_FLUSH_INTERVAL) };
            state.sent + wait.mul_f64(late).min(MAX_LINGER_WAIT)
        };
        match state.next {
            Flush::End | Flush::Nothing => None,
            Flush::Now if unacknowledged() <= SMALL_BACKLOG => Some(now),
            Flush::WhenAcknowledged if unacknowledged() <= SMALL_BACKLOG => {
                Some(if is_reached(&self.first) { now } else { state.sent + state.patience })
            }
            Flush::Now | Flush::WhenAcknowledged => {
                Some(rested(MAX_LINGER_WAIT).min(rested(state.pace).max(state.idle + IDLE_AFTER)))
            }
            Flush::WhenLingerIsOver => Some(rested(MAX_LINGER_WAIT).max(state.since + self.linger)),
        }
    }

    /// Starts a call. Records added from now on may be too late for it.
    fn begin(&self, state: &mut LingerState, now: Instant, unacknowledged: i32) -> Flush {
        let reason = state.next;
        state.sent = now;
        self.set(state, Flush::Nothing);
        let unacknowledged = u64::try_from(unacknowledged).unwrap_or(0);
        let reported = self.reported.load(Ordering::Relaxed);
        let in_vain = reason == Flush::WhenAcknowledged && reported < self.first.load(Ordering::Relaxed);
        state.patience = if in_vain { (state.patience * 2).min(MAX_LINGER_WAIT) } else { MIN_FLUSH_INTERVAL };
        self.round.store(reported + unacknowledged, Ordering::Relaxed);
        self.first.store(reported + unacknowledged.min(1), Ordering::Relaxed);
        reason
    }

    fn set(&self, state: &mut LingerState, next: Flush) {
        state.next = next;
        self.is_set.store(next != Flush::Nothing, Ordering::Relaxed);
    }

    /// Called after records were sent, except those of partitions with a request in flight.
    fn sent(&self, reason: Flush, unacknowledged: i32) {
        let mut state = self.state();
        state.took = [state.sent.elapsed(), state.took[0]];
        if state.next == Flush::Nothing && unacknowledged > 0 {
            state.since = Instant::now();
            let busy = reason == Flush::WhenLingerIsOver;
            self.set(&mut state, if busy { Flush::WhenLingerIsOver } else { Flush::WhenAcknowledged });
        }
    }

    /// Called when a record was handed to the client.
    pub(super) fn added(&self) {
        if !self.is_set.load(Ordering::Relaxed) {
            let mut state = self.state();
            if state.next == Flush::Nothing {
                state.since = Instant::now();
                self.set(&mut state, Flush::WhenLingerIsOver);
                self.changed.notify_one();
            }
        }
    }

    /// The number of delivery reports so far.
    pub(super) fn reports(&self) -> u64 {
        self.reported.load(Ordering::Relaxed)
    }

    /// Called for each delivery report.
    pub(super) fn reported(&self) {
        let reported = self.reported.fetch_add(1, Ordering::Relaxed) + 1;
        let is_first = reported == self.first.load(Ordering::Relaxed);
        if is_first || reported == self.round.load(Ordering::Relaxed) {
            // Lock even if nothing is written: the change must not fall between the other thread's read of the counts
            // and its wait.
            let mut state = self.state();
            if is_first {
                // A record sent earlier is acknowledged sooner than the broker takes, so the estimate falls by at most
                // half.
                state.pace = (state.sent.elapsed() * 2).max(state.pace / 2).min(MAX_LINGER_WAIT);
            }
            drop(state);
            self.changed.notify_one();
        }
    }

    /// Called when the service is idle, so there is nothing to wait for.
    pub(super) fn send_now(&self) {
        self.tell(Flush::Now);
    }

    fn end(&self) {
        self.tell(Flush::End);
    }

    fn tell(&self, next: Flush) {
        let mut state = self.state();
        state.idle = Instant::now();
        if state.next != Flush::End && state.next != next {
            self.set(&mut state, next);
            self.changed.notify_one();
        }
    }
}

/// The linger thread, which ends when this is dropped.
pub(super) struct LingerThread {
    linger: Arc<Linger>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for LingerThread {
    fn drop(&mut self) {
        self.linger.end();
        if let Some(thread) = self.thread.take() {
            // It has panicked and the panic hook has reported it; there is nothing left to do.
            _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests;
