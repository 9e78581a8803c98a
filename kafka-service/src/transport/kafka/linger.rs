//! When records that linger are sent.
//!
//! Librdkafka's own `linger.ms` is a clock for each record. Once it is over for a record that waits behind a request in
//! flight, and an idempotent producer has one for each partition, the client's thread does not sleep until the answer comes:
//! with a slow broker that is a whole core, and where it is the broker's core, the broker does not become faster. So the
//! client is given a linger that is never over ([`STOPGAP`]), and this thread says when to send. Full batches need nobody.

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
use crate::{publish::Acks, sync};

/// What the client waits beyond the service's own linger, should nobody tell it to send.
pub(super) const STOPGAP: Duration = Duration::from_secs(60);

/// How long one call lets the linger count as over, at most: enough for the client's threads to notice.
const NOTICE: Duration = Duration::from_millis(1);

/// With more than so many records unacknowledged, what comes meanwhile goes together when they are acknowledged: it would
/// wait in the client anyhow.
const FEW: i32 = 64;

/// It waits that long, at most: there may be partitions that are not as slow.
const SLOWEST: Duration = Duration::from_millis(50);

/// When nothing more has come for so long, it waits only about as long as the broker takes. Before, more is likely to come,
/// and a full batch is worth more.
const QUIET: Duration = Duration::from_millis(10);

/// And so long from one call to the next, because while it lasts, the client's thread does not sleep. It is longer where the
/// machine has no core to spare, but no longer than [`SLOWEST`].
const REST: Duration = Duration::from_millis(4);

/// Sends what lingers: while busy when the oldest record has waited for the linger, and at once when nothing more comes. So
/// one setting has the latency of `linger.ms=0` and the throughput of a long one.
#[derive(Debug)]
pub(super) struct Linger {
    linger: Duration,
    state: Mutex<State>,
    changed: Condvar,
    /// Whether there is something to do already; asked for each record.
    is_set: AtomicBool,
    reported: AtomicU64,
    /// What was unacknowledged when records were last sent is acknowledged when so many are reported. What was left behind
    /// counts too, so with many records it is the exception that this comes about before [`SLOWEST`].
    round: AtomicU64,
    /// Something of it is acknowledged when so many are.
    first: AtomicU64,
}

#[derive(Debug)]
struct State {
    next: Next,
    /// Since when records wait.
    since: Instant,
    /// When records were last sent.
    sent: Instant,
    /// How long that took, and the time before.
    took: [Duration; 2],
    /// When nothing more came, last.
    idle: Instant,
    /// Twice what the broker takes to acknowledge: by then, what was sent is. At most [`SLOWEST`].
    pace: Duration,
    /// How long few records wait at most for an acknowledgement of those before them. There may be none to come: a client that
    /// is not connected to a broker yet has sent it nothing, and nobody tells when it is.
    patience: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Nothing,
    /// More may come.
    WhenLingerIsOver,
    /// What was left behind a request in flight.
    WhenAcknowledged,
    /// Nothing more comes.
    Now,
    End,
}

impl Linger {
    pub(super) fn new(linger: Duration) -> Arc<Self> {
        let now = Instant::now();
        Arc::new(Self {
            linger,
            state: Mutex::new(State {
                next: Next::Nothing,
                since: now,
                sent: now,
                took: [Duration::ZERO; 2],
                idle: now,
                pace: SLOWEST,
                patience: REST,
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
        acks: &Arc<Acks>,
    ) -> Result<LingerThread, KafkaError> {
        let (linger, producer, acks) = (Arc::clone(self), Arc::clone(producer), Arc::clone(acks));
        let thread = thread::Builder::new().name("kafka-linger".to_owned()).spawn(move || {
            let unacknowledged = || producer.in_flight_count();
            while let Some(reason) = linger.wait(unacknowledged) {
                end_linger(&producer, NOTICE);
                acks.made_room();
                linger.sent(reason, unacknowledged());
            }
        });
        let thread =
            thread.map_err(|error| KafkaError::ClientCreation(format!("cannot start the linger thread: {error}")))?;
        Ok(LingerThread { linger: Arc::clone(self), thread: Some(thread) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }

    /// Waits until it is time to send, and says why. `None` at the end.
    fn wait(&self, unacknowledged: impl Fn() -> i32) -> Option<Next> {
        let mut state = self.state();
        while state.next != Next::End {
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

    /// When to send. `None`: when something changes.
    fn due(&self, state: &State, now: Instant, unacknowledged: impl Fn() -> i32) -> Option<Instant> {
        let reported = self.reported.load(Ordering::Relaxed);
        let is_reached = |count: &AtomicU64| reported >= count.load(Ordering::Relaxed);
        // A machine without a free core shows in how late the call returns. Once may be chance, and with nothing more to come,
        // the last records of a burst would wait for it.
        let [last, before] = state.took;
        let took = if state.next == Next::WhenLingerIsOver { last } else { last.min(before) };
        let late = took.div_duration_f64(NOTICE).max(1.0).powi(2);
        let rested = |wait: Duration| {
            let wait = if is_reached(&self.round) { REST } else { wait.max(REST) };
            state.sent + wait.mul_f64(late).min(SLOWEST)
        };
        match state.next {
            Next::End | Next::Nothing => None,
            Next::Now if unacknowledged() <= FEW => Some(now),
            Next::WhenAcknowledged if unacknowledged() <= FEW => {
                Some(if is_reached(&self.first) { now } else { state.sent + state.patience })
            }
            Next::Now | Next::WhenAcknowledged => Some(rested(SLOWEST).min(rested(state.pace).max(state.idle + QUIET))),
            Next::WhenLingerIsOver => Some(rested(SLOWEST).max(state.since + self.linger)),
        }
    }

    /// What is added from now on may come too late for the call that follows.
    fn begin(&self, state: &mut State, now: Instant, unacknowledged: i32) -> Next {
        let reason = state.next;
        state.sent = now;
        self.set(state, Next::Nothing);
        let unacknowledged = u64::try_from(unacknowledged).unwrap_or(0);
        let reported = self.reported.load(Ordering::Relaxed);
        let in_vain = reason == Next::WhenAcknowledged && reported < self.first.load(Ordering::Relaxed);
        state.patience = if in_vain { (state.patience * 2).min(SLOWEST) } else { REST };
        self.round.store(reported + unacknowledged, Ordering::Relaxed);
        self.first.store(reported + unacknowledged.min(1), Ordering::Relaxed);
        reason
    }

    fn set(&self, state: &mut State, next: Next) {
        state.next = next;
        self.is_set.store(next != Next::Nothing, Ordering::Relaxed);
    }

    /// Records were sent, except those of partitions that had a request in flight.
    fn sent(&self, reason: Next, unacknowledged: i32) {
        let mut state = self.state();
        state.took = [state.sent.elapsed(), state.took[0]];
        if state.next == Next::Nothing && unacknowledged > 0 {
            state.since = Instant::now();
            let busy = reason == Next::WhenLingerIsOver;
            self.set(&mut state, if busy { Next::WhenLingerIsOver } else { Next::WhenAcknowledged });
        }
    }

    /// A record was handed over to the client.
    pub(super) fn added(&self) {
        if !self.is_set.load(Ordering::Relaxed) {
            let mut state = self.state();
            if state.next == Next::Nothing {
                state.since = Instant::now();
                self.set(&mut state, Next::WhenLingerIsOver);
                self.changed.notify_one();
            }
        }
    }

    /// How many records were reported.
    pub(super) fn reports(&self) -> u64 {
        self.reported.load(Ordering::Relaxed)
    }

    /// What became of a record is known.
    pub(super) fn reported(&self) {
        let reported = self.reported.fetch_add(1, Ordering::Relaxed) + 1;
        let is_first = reported == self.first.load(Ordering::Relaxed);
        if is_first || reported == self.round.load(Ordering::Relaxed) {
            // Locked also if nothing is written: not between the other thread's look at the numbers and its wait.
            let mut state = self.state();
            if is_first {
                // One that was sent before came sooner than the broker is, so an estimate may not fall by more than half.
                state.pace = (state.sent.elapsed() * 2).max(state.pace / 2).min(SLOWEST);
            }
            drop(state);
            self.changed.notify_one();
        }
    }

    /// There is nothing to wait for.
    pub(super) fn send_now(&self) {
        self.tell(Next::Now);
    }

    fn end(&self) {
        self.tell(Next::End);
    }

    fn tell(&self, next: Next) {
        let mut state = self.state();
        state.idle = Instant::now();
        if state.next != Next::End && state.next != next {
            self.set(&mut state, next);
            self.changed.notify_one();
        }
    }
}

/// The thread, which ends with this.
pub(super) struct LingerThread {
    linger: Arc<Linger>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for LingerThread {
    fn drop(&mut self) {
        self.linger.end();
        if let Some(thread) = self.thread.take() {
            // It has panicked with the panic hook's line, and there is nobody else to tell.
            _ = thread.join();
        }
    }
}

#[cfg(test)]
#[path = "linger_tests.rs"]
mod tests;
