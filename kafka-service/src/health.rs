//! How the service is doing.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// A picture of a running service, from [`ServiceHandle::health`](crate::ServiceHandle::health) or a
/// [`HealthWatch`](crate::HealthWatch).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// Whether it takes part in its group, its topics exist, and the broker takes what it publishes.
    pub ready: bool,
    /// What keeps it from being ready, for people.
    pub problems: Vec<String>,
    /// Partitions that are assigned to this instance.
    pub assigned_partitions: usize,
    /// Handlers that run or wait for their next attempt, and commands that wait for one of `max_in_flight` places.
    pub in_flight: u64,
    /// Bytes of records that were copied out because they wait, at most about 64 MiB over all partitions. What the client
    /// has fetched ahead comes on top (`queued.max.messages.kbytes`).
    pub waiting_bytes: usize,
    /// Records received from the consumed topics.
    pub received: u64,
    /// Commands whose handler has finished.
    pub finished: u64,
    /// Records that went to a dead-letter topic.
    pub dead_lettered: u64,
    /// Records that were skipped because no handler has their type.
    pub skipped: u64,
    /// Records left to the next owner of their partition.
    pub abandoned: u64,
    /// Attempts beyond the first.
    pub retries: u64,
    /// Events that handlers returned.
    pub events: u64,
    /// The largest number of uncommitted records of any partition: what a crash would deliver again, at most.
    pub uncommitted: usize,
    /// How long the broker has not confirmed a commit that is on its way.
    pub unconfirmed_for: Duration,
}

/// What the consumer thread says about itself.
#[derive(Debug, Default)]
pub(crate) struct HealthState {
    pub(crate) assigned_partitions: AtomicUsize,
    pub(crate) uncommitted: AtomicUsize,
    pub(crate) unconfirmed_ms: AtomicUsize,
    /// It takes part in the group, with or without partitions.
    pub(crate) member: AtomicBool,
    /// Set once, by whoever stops the service.
    pub(crate) is_stopping: AtomicBool,
    problem: Mutex<Option<String>>,
}

impl HealthState {
    pub(crate) fn set_problem(&self, problem: Option<String>) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }

    pub(crate) fn problem(&self) -> Option<String> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether records would be received.
    pub(crate) fn takes_part(&self) -> bool {
        self.member.load(Ordering::Relaxed) || self.assigned_partitions.load(Ordering::Relaxed) > 0
    }
}
