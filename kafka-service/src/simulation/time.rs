//! Virtual time: it advances only when the executor moves it.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::random::Random;
use crate::{clock::Clock, sync};

/// The time of a world, and its timers.
#[derive(Debug)]
pub(super) struct Time {
    /// An `Instant` cannot be constructed. Nothing depends on this one: only distances from it count.
    began: Instant,
    state: Mutex<Timers>,
}

#[derive(Debug)]
struct Timers {
    now: Instant,
    timers: BTreeMap<(Instant, u64), Waker>,
    next_timer: u64,
}

impl Time {
    pub(super) fn new() -> Arc<Self> {
        let began = Instant::now();
        let state = Timers { now: began, timers: BTreeMap::new(), next_timer: 0 };
        Arc::new(Self { began, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, Timers> {
        sync::lock(&self.state)
    }

    pub(super) fn now(&self) -> Instant {
        self.state().now
    }

    /// How long the run has taken so far.
    pub(super) fn passed(&self) -> Duration {
        self.now() - self.began
    }

    /// When the next timer is due.
    pub(super) fn next_timer(&self) -> Option<Instant> {
        self.state().timers.keys().next().map(|(at, _)| *at)
    }

    /// Advances to a moment and wakes all timers that are due.
    pub(super) fn move_to(&self, to: Instant) {
        let mut state = self.state();
        let now = state.now.max(to);
        state.now = now;
        let later = state.timers.split_off(&(now, u64::MAX));
        let due = std::mem::replace(&mut state.timers, later);
        drop(state);
        for waker in due.into_values() {
            waker.wake();
        }
    }

    pub(super) fn advance(&self, by: Duration) {
        self.move_to(self.now() + by);
    }

    /// Completes after this duration.
    pub(super) fn sleep(self: &Arc<Self>, time: Duration) -> Sleep {
        let mut state = self.state();
        let timer = (state.now + time, state.next_timer);
        state.next_timer += 1;
        Sleep { time: Arc::clone(self), timer }
    }
}

/// A timer.
#[derive(Debug)]
pub(super) struct Sleep {
    time: Arc<Time>,
    timer: (Instant, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.time.state();
        if state.now >= self.timer.0 {
            state.timers.remove(&self.timer);
            return Poll::Ready(());
        }
        state.timers.insert(self.timer, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.time.state().timers.remove(&self.timer);
    }
}

/// The clock of one instance.
pub(super) struct SimClock {
    pub(super) time: Arc<Time>,
    pub(super) random: Mutex<Random>,
}

impl Clock for SimClock {
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(self.time.sleep(time))
    }

    fn instant(&self) -> Instant {
        self.time.now()
    }

    fn timestamp(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH.saturating_add(self.time.passed()).unwrap_or(Timestamp::MAX)
    }

    fn random(&self) -> u64 {
        sync::lock(&self.random).next()
    }
}
