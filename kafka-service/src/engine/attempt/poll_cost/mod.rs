//! Measures how long handlers occupy the thread that polls them: which should not be polled inline, where all others
//! wait, and which block.

mod watch;

use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use rustc_hash::FxHashMap;

pub(crate) use self::watch::PollWatch;
use crate::registry::Handler;

/// A handler that takes longer than this per poll on average is moved to the runtime's worker threads. That costs one
/// or two microseconds per command, and lets it use every core.
const HEAVY: Duration = Duration::from_micros(25);
/// Below this average it is polled inline again.
const LIGHT: Duration = Duration::from_micros(10);
/// The weight of a new measurement in the average is one in this many. A single measurement of a millisecond (a
/// preempted thread) must not reach [`HEAVY`] alone.
const WEIGHT: u64 = 64;
const MOST: Duration = Duration::from_millis(1);
/// A poll that takes longer than this has blocked.
const BLOCKED: Duration = Duration::from_millis(10);
/// The weight of such a poll against others, and the sum at which to warn: when more than two of sixty-four polls
/// block.
const BLOCKED_COUNTS: u64 = 64;
const WARN_AT: u64 = 2 * BLOCKED_COUNTS;
/// One of this many polls is measured.
const MEASURED: u64 = 8;

/// The costs of all handlers, and which one is being polled. Written by the dispatcher; handlers on the worker threads
/// add their measurements.
#[derive(Default)]
pub(crate) struct PollCosts {
    by_address: FxHashMap<usize, PollCost>,
    heavy: AtomicUsize,
    polls: AtomicU64,
    polled: AtomicUsize,
}

/// The measurements of one handler.
struct PollCost {
    handler: &'static Handler,
    average_nanos: AtomicU64,
    blocks: AtomicU64,
    is_heavy: AtomicBool,
    warned: AtomicBool,
    /// The number of the last poll that panicked.
    panicked: AtomicU64,
}

impl PollCosts {
    pub(crate) fn new(handlers: impl Iterator<Item = &'static Handler>) -> Self {
        let cost = |handler| PollCost {
            handler,
            average_nanos: AtomicU64::new(0),
            blocks: AtomicU64::new(0),
            is_heavy: AtomicBool::new(false),
            warned: AtomicBool::new(false),
            panicked: AtomicU64::new(0),
        };
        Self { by_address: handlers.map(|handler| (address(handler), cost(handler))).collect(), ..Self::default() }
    }

    fn of(&self, handler: &'static Handler) -> Option<&PollCost> {
        self.by_address.get(&address(handler))
    }

    /// Whether a handler belongs on the runtime's worker threads.
    pub(crate) fn is_heavy(&self, handler: &'static Handler) -> bool {
        self.heavy.load(Relaxed) > 0 && self.of(handler).is_some_and(|cost| cost.is_heavy.load(Relaxed))
    }

    /// Called before the dispatcher polls a handler. Returns whether to measure this poll.
    pub(crate) fn enter(&self, handler: &'static Handler) -> bool {
        self.polled.store(address(handler), Relaxed);
        let polls = self.polls.load(Relaxed);
        // No atomic read-modify-write: only the dispatcher writes it.
        self.polls.store(polls + 1, Relaxed);
        polls.is_multiple_of(MEASURED)
    }

    /// Called when the poll is over.
    pub(crate) fn leave(&self) {
        self.polled.store(0, Relaxed);
    }

    /// Called when the poll is over, if it panicked. It is not measured: what takes long is the panic hook, which prints
    /// a backtrace.
    pub(crate) fn panicked(&self, handler: &'static Handler) {
        if let Some(cost) = self.of(handler) {
            cost.panicked.store(self.polls.load(Relaxed), Relaxed);
        }
        self.leave();
    }

    /// Whether this poll of a handler, or a later one, panicked.
    fn has_panicked(&self, handler: &'static Handler, poll: u64) -> bool {
        self.of(handler).is_some_and(|cost| cost.panicked.load(Relaxed) >= poll)
    }

    /// Warns about a poll that took this long.
    fn blocked(&self, handler: &'static Handler, took: Duration) {
        if let Some(cost) = self.of(handler) {
            cost.warn(took);
        }
    }

    /// Adds the duration of a poll.
    pub(crate) fn add(&self, handler: &'static Handler, took: Duration) {
        let Some(cost) = self.of(handler) else { return };
        if cost.add(took) {
            cost.warn(took);
        }
        let (was, is) = (cost.is_heavy.load(Relaxed), cost.becomes_heavy());
        if was != is && cost.is_heavy.swap(is, Relaxed) == was {
            let (handler, average) = (handler.location(), cost.average());
            if is {
                self.heavy.fetch_add(1, Relaxed);
                tracing::debug!(%handler, ?average, "CPU-heavy handler moved to the runtime's worker threads");
            } else {
                self.heavy.fetch_sub(1, Relaxed);
                tracing::debug!(%handler, ?average, "handler is polled inline again");
            }
        }
    }

    /// The poll that the dispatcher is in, if any: its unique number, and the handler.
    fn current(&self) -> Option<(u64, &PollCost)> {
        let cost = self.by_address.get(&self.polled.load(Relaxed))?;
        Some((self.polls.load(Relaxed), cost))
    }
}

impl PollCost {
    fn average(&self) -> Duration {
        Duration::from_nanos(self.average_nanos.load(Relaxed))
    }

    /// Adds a measurement. Returns whether the handler blocks so often that it deserves a warning.
    fn add(&self, took: Duration) -> bool {
        let nanos = u64::try_from(took.min(MOST).as_nanos()).unwrap_or(u64::MAX);
        let average = self.average_nanos.load(Relaxed);
        self.average_nanos.store(average - average / WEIGHT + nanos / WEIGHT, Relaxed);
        let blocks = self.blocks.load(Relaxed);
        let blocks = if took >= BLOCKED { blocks + BLOCKED_COUNTS } else { blocks.saturating_sub(1) };
        self.blocks.store(blocks.min(WARN_AT), Relaxed);
        blocks >= WARN_AT
    }

    fn becomes_heavy(&self) -> bool {
        let limit = if self.is_heavy.load(Relaxed) { LIGHT } else { HEAVY };
        self.average() >= limit
    }

    /// Warns once that a handler blocks.
    fn warn(&self, took: Duration) {
        if !self.warned.swap(true, Relaxed) {
            tracing::warn!(
                handler = %self.handler.location(),
                elapsed = ?took,
                help = "make it a plain `fn`, which runs on the blocking pool, or use `tokio::task::spawn_blocking`",
                "handler is blocking the async thread"
            );
        }
    }
}

impl fmt::Debug for PollCosts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PollCosts").field("heavy", &self.heavy).finish_non_exhaustive()
    }
}

/// The identity of a handler: handlers do not move.
fn address(handler: &'static Handler) -> usize {
    std::ptr::from_ref(handler).addr()
}

#[cfg(test)]
mod tests;
