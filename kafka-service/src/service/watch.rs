//! The health of a service, for code without access to its handle.

use std::{
    fmt,
    sync::{Arc, Weak, atomic::Ordering},
    time::{Duration, Instant, SystemTime},
};

use super::ServiceHandle;
use crate::{
    engine::{Counters, Shared},
    error::Error,
    health::{Access, Health, HealthState, Problem, Reason, ServiceState},
};

/// How long [`ServiceHandle::ready`] waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at the health of a service that starts.
const PAUSE: Duration = Duration::from_millis(10);

/// A handle to the health of a service, for other parts of the program.
///
/// It is cheap to clone and independent of the [`ServiceHandle`], which [`ServiceHandle::run`] consumes. It does not
/// keep the service running.
///
/// # Examples
///
/// ```no_run
/// # use kafka_service::KafkaService;
/// # async fn example() -> Result<(), kafka_service::Error> {
/// let service = KafkaService::from_env()?.start().await?;
/// let health = service.health_watch();
/// // In the handler of `GET /ready`: 200 or 503.
/// let is_ready = move || health.now().ready;
/// service.run().await
/// # }
/// ```
#[derive(Clone)]
pub struct HealthWatch {
    /// None where Kafka is disabled.
    running: Option<(Weak<Shared>, Arc<HealthState>)>,
}

impl HealthWatch {
    pub(super) fn disabled() -> Self {
        Self { running: None }
    }

    pub(super) fn running(shared: &Arc<Shared>) -> Self {
        Self { running: Some((Arc::downgrade(shared), Arc::clone(&shared.health))) }
    }

    /// Returns a snapshot of the health. A service that is stopping or has stopped is not ready. After it has stopped,
    /// the counters are zero.
    #[must_use]
    pub fn now(&self) -> Health {
        let Some((shared, health)) = &self.running else {
            return empty(ServiceState::Ready, vec![problem(Reason::Disabled)]);
        };
        shared.upgrade().map_or_else(|| empty(health.state(), health.problems()), |shared| snapshot(&shared))
    }

    /// Returns whether a web service in the same program should accept requests. False only while the service shuts
    /// down and after it has stopped or failed; problems with Kafka do not matter.
    #[must_use]
    pub fn accepts_http(&self) -> bool {
        !matches!(self.state(), ServiceState::Draining | ServiceState::Stopped | ServiceState::Failed)
    }

    /// Returns the state of the service.
    #[must_use]
    pub fn state(&self) -> ServiceState {
        self.running.as_ref().map_or(ServiceState::Ready, |(_, health)| health.state())
    }
}

impl fmt::Debug for HealthWatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("HealthWatch").field(&self.now()).finish()
    }
}

impl ServiceHandle {
    /// Returns a [`HealthWatch`], which reports the health of this service to other parts of the program.
    #[must_use]
    pub fn health_watch(&self) -> HealthWatch {
        self.watch.clone()
    }

    /// Returns the state of the service.
    #[must_use]
    pub fn state(&self) -> ServiceState {
        self.watch.state()
    }

    /// Returns whether a web service in the same program should accept requests; see [`HealthWatch::accepts_http`].
    #[must_use]
    pub fn accepts_http(&self) -> bool {
        self.watch.accepts_http()
    }

    /// Returns a snapshot of the health.
    #[must_use]
    pub fn health(&self) -> Health {
        self.watch.now()
    }

    /// Completes when the service is ready: it is a member of its group, its topics exist, and commands sent from now
    /// on are handled.
    ///
    /// For tests, and programs that must wait for Kafka. Waits up to 30 seconds; call it again to wait longer, or wrap
    /// it in [`tokio::time::timeout`] to wait less.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotReady`] after 30 seconds, with the reasons why the service is not ready; [`Error::Failed`]
    /// as soon as the service fails.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe.
    ///
    /// # Examples
    ///
    /// ```standalone_crate
    /// use kafka_service::{Config, KafkaService, command, config::Brokers, health::ServiceState};
    ///
    /// #[command("ping")]
    /// async fn ping() {}
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), kafka_service::Error> {
    ///     let config = Config::new("pinged").bootstrap_servers(Brokers::Embedded);
    ///     let service = KafkaService::new(config).start().await?;
    ///     let health = service.health_watch();
    ///     service.ready().await?;
    ///     assert!(health.now().ready);
    ///     service.shutdown().await?;
    ///     assert_eq!(health.state(), ServiceState::Stopped);
    ///     Ok(())
    /// }
    /// ```
    pub async fn ready(&self) -> Result<(), Error> {
        tokio::select! {
            ready = self.is_ready_by(Instant::now() + PATIENCE) => ready,
            error = self.failed() => Err(error),
        }
    }

    async fn is_ready_by(&self, deadline: Instant) -> Result<(), Error> {
        loop {
            let health = self.health();
            if health.ready {
                return Ok(());
            }
            // Not tokio's clock: a test that pauses it still waits for a real broker.
            if Instant::now() >= deadline {
                return Err(Error::NotReady(health.problems));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn snapshot(shared: &Shared) -> Health {
    let Shared { counters, health, acks, .. } = shared;
    let state = health.state();
    Health {
        state,
        ready: state == ServiceState::Ready,
        live: state != ServiceState::Failed && !health.is_stalled(),
        problems: problems(shared, state),
        assigned_partitions: health.assigned_partitions.load(Ordering::Relaxed),
        in_flight: Counters::get(&counters.in_flight),
        waiting_bytes: acks.assignments.waiting_bytes(),
        received: Counters::get(&counters.received),
        finished: Counters::get(&counters.finished),
        dead_lettered: Counters::get(&counters.dead_lettered),
        skipped: Counters::get(&counters.skipped),
        abandoned: Counters::get(&counters.abandoned) + acks.late_reports(),
        retries: Counters::get(&counters.retries),
        events: Counters::get(&counters.events),
        acknowledged_late: acks.unheard(),
        uncommitted: health.uncommitted.load(Ordering::Relaxed),
        commit_unacknowledged_for: Duration::from_millis(health.commit_unacknowledged_ms.load(Ordering::Relaxed) as u64),
        certificate_expires: health.certificate_expiry(),
    }
}

/// What is known to be wrong; a service that is not ready gives at least one reason.
fn problems(shared: &Shared, state: ServiceState) -> Vec<Problem> {
    let mut problems = shared.health.problems();
    if matches!(state, ServiceState::Draining | ServiceState::Stopped) {
        problems.push(problem(Reason::Stopping));
    } else if state != ServiceState::Ready && problems.is_empty() {
        problems.push(problem(Reason::NotInGroup { group: shared.group.clone() }));
    }
    problems
}

fn problem(reason: Reason) -> Problem {
    Problem { help: reason.help(&Access::default()), reason, since: SystemTime::now(), cause: String::new() }
}

/// There is nothing to count.
fn empty(state: ServiceState, problems: Vec<Problem>) -> Health {
    Health {
        state,
        ready: state == ServiceState::Ready,
        live: state != ServiceState::Failed,
        problems,
        assigned_partitions: 0,
        in_flight: 0,
        waiting_bytes: 0,
        received: 0,
        finished: 0,
        dead_lettered: 0,
        skipped: 0,
        abandoned: 0,
        retries: 0,
        events: 0,
        acknowledged_late: 0,
        uncommitted: 0,
        commit_unacknowledged_for: Duration::ZERO,
        certificate_expires: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, KafkaService, config::Brokers};

    async fn start(servers: Brokers) -> ServiceHandle {
        let mut config = Config::new("watched");
        config.bootstrap_servers = servers;
        // What the handlers of this test program need.
        KafkaService::new(config).state(String::new()).start().await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_service_not_ready_in_time_reports_the_reason() {
        let service = start(Brokers::Servers("127.0.0.1:1".to_owned())).await;
        let error = service.is_ready_by(Instant::now()).await.unwrap_err();
        assert!(matches!(&error, Error::NotReady(problems) if !problems.is_empty()), "{error}");
        assert!(error.to_string().starts_with("the service is not ready yet\n- "), "{error}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_watch_outlives_its_service() {
        let service = start(Brokers::Embedded).await;
        let health = service.health_watch();
        service.ready().await.unwrap();
        assert!(health.now().ready);
        service.run_until(std::future::ready(())).await.unwrap();
        let now = health.clone().now();
        assert_eq!((now.ready, now.state, health.state()), (false, ServiceState::Stopped, ServiceState::Stopped));
    }

    #[tokio::test]
    async fn a_service_without_kafka_is_ready() {
        let service = start(Brokers::Disabled).await;
        service.ready().await.unwrap();
        assert!(service.health_watch().now().ready);
    }
}
