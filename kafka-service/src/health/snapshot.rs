//! How the service is doing.

use std::time::Duration;

use super::{Problem, ServiceState};

/// A snapshot of a running service, from [`ServiceHandle::health`](crate::ServiceHandle::health) or a
/// [`HealthWatch`](crate::HealthWatch).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// Where the service is in its life.
    pub state: ServiceState,
    /// Whether it takes part in its group, its topics exist, and Kafka takes what it publishes and commits: the answer to a
    /// readiness probe. True exactly if `state` is [`Ready`](ServiceState::Ready).
    pub ready: bool,
    /// Whether the process can make progress: the answer to a liveness probe. Faults outside of the process (a broker, a
    /// right, a topic) never make it false. It is false when records are waiting and nothing has been received, handled or
    /// committed for twice `KAFKA_STALL_TIMEOUT`, although the Kafka client was replaced in between; and when the service
    /// failed.
    pub live: bool,
    /// What keeps it from being ready.
    pub problems: Vec<Problem>,
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
