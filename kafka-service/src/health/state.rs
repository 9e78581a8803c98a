//! The state of a service, and what it is derived from.

use std::{
    fmt,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Instant, SystemTime},
};

use super::{
    Access, Problem, Reason,
    board::{Board, said},
};
use crate::sync;

/// The state of a service. Every change is one log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServiceState {
    /// It has not been ready yet.
    Starting,
    /// It is a member of its group, its topics exist, and Kafka accepts what it publishes and commits.
    Ready,
    /// It was ready, and now something is wrong: see [`Health::problems`](super::Health::problems).
    Degraded,
    /// It is shutting down: it receives no new records and finishes the work in flight.
    Draining,
    /// It has shut down.
    Stopped,
    /// It has failed: it could not continue without breaking a delivery guarantee, or reached the
    /// dead-letter limit.
    Failed,
}

impl fmt::Display for ServiceState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Draining => "draining",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        })
    }
}

/// What the parts of a service report about themselves.
#[derive(Debug, Default)]
pub(crate) struct HealthState {
    pub(crate) assigned_partitions: AtomicUsize,
    pub(crate) uncommitted: AtomicUsize,
    pub(crate) commit_unacknowledged_ms: AtomicUsize,
    /// Whether it is a member of its group, with or without partitions.
    pub(crate) member: AtomicBool,
    /// Whether records are waiting and it makes no progress, even with a new client.
    stalled: AtomicBool,
    certificate_expiry: Mutex<Option<SystemTime>>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    board: Board,
    life: Life,
    was_ready: bool,
    /// The state that was last logged.
    logged: Option<ServiceState>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Life {
    #[default]
    Running,
    Draining,
    Stopped,
    Failed,
}

impl HealthState {
    /// Sets how the clients reach the brokers, for the commands in help texts.
    pub(crate) fn set_access(&self, access: Access) {
        self.inner().board.access = access;
    }

    /// Sets when the first certificate of the clients expires.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "for a transport"))]
    pub(crate) fn set_certificate_expiry(&self, expiry: Option<SystemTime>) {
        *sync::lock(&self.certificate_expiry) = expiry;
    }

    pub(crate) fn certificate_expiry(&self) -> Option<SystemTime> {
        *sync::lock(&self.certificate_expiry)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        sync::lock(&self.inner)
    }

    /// Reports a problem; `cause` is what a library or a broker says about it.
    pub(crate) fn raise(&self, reason: Reason, cause: impl Into<String>, now: Instant) {
        let mut inner = self.inner();
        // Failures during shutdown are expected.
        if inner.life == Life::Running && inner.board.raise(reason, cause.into(), now) {
            self.observe(&mut inner);
        }
    }

    /// Reports that the resource of a reason has recovered.
    pub(crate) fn clear(&self, reason: &Reason, now: Instant) {
        self.clear_all(now, |other| other == reason);
    }

    /// Reports that several resources have recovered.
    pub(crate) fn clear_all(&self, now: Instant, ended: impl Fn(&Reason) -> bool) {
        let mut inner = self.inner();
        if !inner.board.is_empty() && inner.board.clear(now, ended) {
            self.observe(&mut inner);
        }
    }

    /// Whether there is a problem that matches.
    pub(crate) fn has(&self, is: impl Fn(&Reason) -> bool) -> bool {
        self.inner().board.reasons().any(is)
    }

    /// Updates the state, which may have changed by the atomics or by a failure that ends the service, and logs lasting
    /// problems that are due.
    pub(crate) fn tick(&self, failure: Option<&str>, now: Instant) {
        let mut inner = self.inner();
        if let Some(cause) = failure.filter(|_| !matches!(inner.life, Life::Failed | Life::Stopped)) {
            inner.life = Life::Failed;
            inner.board.raise(Reason::Failed, cause.to_owned(), now);
        }
        inner.board.remind(now);
        self.observe(&mut inner);
    }

    /// The service starts to shut down.
    pub(crate) fn drain(&self) {
        let mut inner = self.inner();
        if inner.life == Life::Running {
            inner.life = Life::Draining;
        }
        self.observe(&mut inner);
    }

    /// The service has shut down.
    pub(crate) fn stopped(&self) {
        let mut inner = self.inner();
        if inner.life != Life::Failed {
            inner.life = Life::Stopped;
        }
        self.observe(&mut inner);
    }

    pub(crate) fn set_stalled(&self, stalled: bool) {
        self.stalled.store(stalled, Ordering::Relaxed);
    }

    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed)
    }

    pub(crate) fn state(&self) -> ServiceState {
        self.inner().state(self.takes_part())
    }

    pub(crate) fn problems(&self) -> Vec<Problem> {
        self.inner().board.problems(Instant::now(), SystemTime::now())
    }

    /// Whether the service is able to receive records.
    pub(crate) fn takes_part(&self) -> bool {
        self.member.load(Ordering::Relaxed) || self.assigned_partitions.load(Ordering::Relaxed) > 0
    }

    fn observe(&self, inner: &mut Inner) {
        let state = inner.state(self.takes_part());
        inner.was_ready |= state == ServiceState::Ready;
        let before = inner.logged.unwrap_or(ServiceState::Starting);
        if state != before {
            let reasons: Vec<_> = inner.board.reasons().map(ToString::to_string).collect();
            let reasons = said(&reasons.join("; ")).map(str::to_owned);
            tracing::info!(from = %before, to = %state, reasons, "service state changed");
            inner.logged = Some(state);
        }
    }
}

impl Inner {
    fn state(&self, takes_part: bool) -> ServiceState {
        match self.life {
            Life::Failed => ServiceState::Failed,
            Life::Stopped => ServiceState::Stopped,
            Life::Draining => ServiceState::Draining,
            Life::Running if self.board.is_empty() && takes_part => ServiceState::Ready,
            Life::Running if self.was_ready => ServiceState::Degraded,
            Life::Running => ServiceState::Starting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing() -> Reason {
        Reason::CommitsFailing { group: "orders".to_owned() }
    }

    #[test]
    fn a_service_is_degraded_only_after_it_was_ready() {
        let (health, now) = (HealthState::default(), Instant::now());
        assert_eq!(health.state(), ServiceState::Starting);
        health.raise(failing(), "", now);
        assert_eq!(health.state(), ServiceState::Starting);
        health.clear(&failing(), now);
        health.member.store(true, Ordering::Relaxed);
        health.tick(None, now);
        assert_eq!(health.state(), ServiceState::Ready);
        health.raise(failing(), "", now);
        assert_eq!(health.state(), ServiceState::Degraded);
        assert_eq!(health.problems()[0].reason, failing());
    }

    #[test]
    fn a_failure_outlasts_the_shutdown_that_follows() {
        let (health, now) = (HealthState::default(), Instant::now());
        health.tick(Some("gone"), now);
        health.drain();
        health.stopped();
        assert_eq!(health.state(), ServiceState::Failed);
    }

    #[test]
    fn problems_during_shutdown_are_not_reported() {
        let (health, now) = (HealthState::default(), Instant::now());
        health.drain();
        health.raise(failing(), "", now);
        assert_eq!((health.state(), health.problems().len()), (ServiceState::Draining, 0));
        health.stopped();
        assert_eq!(health.state(), ServiceState::Stopped);
    }
}
