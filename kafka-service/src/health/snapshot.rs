//! A snapshot of the health of a service.

use std::time::{Duration, SystemTime};

use super::{Problem, ServiceState};

/// A snapshot of a running service, from [`ServiceHandle::health`](crate::ServiceHandle::health) or a
/// [`HealthWatch`](crate::HealthWatch).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// The state of the service.
    pub state: ServiceState,
    /// Whether the service is a member of its group, its topics exist, and Kafka accepts what it publishes and commits.
    /// Use it for a readiness probe. True exactly if `state` is [`Ready`](ServiceState::Ready).
    pub ready: bool,
    /// Whether the process can make progress. Use it for a liveness probe. Faults outside of the process (a broker, a
    /// permission, a topic) never make it false. It is false when records are waiting and nothing has been received,
    /// handled or committed for twice `KAFKA_STALL_TIMEOUT`, although the Kafka client was replaced in between; and
    /// when the service has failed.
    pub live: bool,
    /// Why the service is not ready. Empty if it is ready, with one exception: if Kafka is disabled, `ready` is true
    /// and this holds [`Reason::Disabled`](super::Reason::Disabled).
    pub problems: Vec<Problem>,
    /// The number of partitions assigned to this instance.
    pub assigned_partitions: usize,
    /// Handlers that are running or waiting for their next attempt, and commands that wait because `max_in_flight` is
    /// reached.
    pub in_flight: u64,
    /// Bytes of records that were copied because their handler is pending, or waits for its key or for a retry. The limit
    /// of each partition is 64 MiB divided by the number of assigned partitions, but at least 128 KiB and at most
    /// 16 MiB. Records that the client has prefetched are not included (`queued.max.messages.kbytes`).
    pub waiting_bytes: usize,
    /// Records received from the consumed topics.
    pub received: u64,
    /// Commands whose handler has finished.
    pub finished: u64,
    /// Records that were dead-lettered.
    pub dead_lettered: u64,
    /// Records that were skipped: without a handler for their type, or tombstones on a topic that carries only events.
    pub skipped: u64,
    /// Records that were abandoned because their partition was revoked or lost. They are redelivered.
    pub abandoned: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Events that handlers returned.
    pub events: u64,
    /// Publications that the broker acknowledged after their caller had stopped waiting: after their
    /// [timeout](crate::Publication::timeout), or after their future was dropped.
    pub acknowledged_late: u64,
    /// The largest number of uncommitted records of any partition: at most this many are redelivered after a crash.
    pub uncommitted: usize,
    /// How long the current commit has been waiting for its acknowledgement.
    pub commit_unacknowledged_for: Duration,
    /// When the first certificate in the files of the TLS settings expires. `None` without such files, or without the
    /// feature `tls`. From a quarter of its lifetime before that, the log has a warning every hour.
    pub certificate_expires: Option<SystemTime>,
}
