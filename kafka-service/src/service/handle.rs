//! A running service, from outside.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{HealthWatch, dispatcher::DispatcherThread};
use crate::{
    config::Config,
    consume::Ended,
    dispatch::{Core, Counters},
    error::Error,
    health::HealthState,
    publish::{Publisher, PublisherCore},
    transport::kafka::{ConsumerHandle, EmbeddedBroker},
};

/// A service that was started with [`KafkaService::start`](crate::KafkaService::start).
///
/// Dropping it stops the service without waiting for what runs; [`shutdown`](Self::shutdown) waits.
#[derive(Debug)]
#[must_use = "dropping the handle stops the service"]
pub struct ServiceHandle {
    publisher: Publisher,
    pub(super) watch: HealthWatch,
    running: Option<Running>,
}

/// The parts of a service with a broker.
pub(super) struct Running {
    pub(super) config: Config,
    pub(super) bootstrap: String,
    pub(super) core: Arc<Core>,
    pub(super) health: Arc<HealthState>,
    pub(super) consumer: ConsumerHandle,
    pub(super) dispatcher: DispatcherThread,
    /// Dropped last: the clients still talk to it while they close.
    pub(super) _embedded: Option<EmbeddedBroker>,
}

impl fmt::Debug for Running {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Running").field("bootstrap", &self.bootstrap).finish_non_exhaustive()
    }
}

impl ServiceHandle {
    pub(super) fn disabled(config: &Config) -> Self {
        let publisher = Publisher::new(PublisherCore::disabled(
            &config.effective_group_id(),
            &config.service_name,
            config.message_id,
        ));
        publisher.offer_as_global();
        Self { publisher, watch: HealthWatch::disabled(), running: None }
    }

    pub(super) fn running(running: Running) -> Self {
        let watch = HealthWatch::running(&running.core, &running.health);
        Self { publisher: running.core.publisher.clone(), watch, running: Some(running) }
    }

    /// Publishes events from anywhere in the program.
    #[must_use]
    pub fn publisher(&self) -> Publisher {
        self.publisher.clone()
    }

    /// The brokers' addresses; of the embedded broker, where other clients reach it. Empty where Kafka is disabled.
    #[must_use]
    pub fn bootstrap_servers(&self) -> &str {
        self.running.as_ref().map_or("", |running| &running.bootstrap)
    }

    /// Completes when the service has ended by itself, with the reason. A service that is well never does.
    ///
    /// # Cancel safety
    ///
    /// May be dropped and called again.
    pub async fn failed(&self) -> Error {
        match &self.running {
            Some(running) => Error::Failed(running.core.fatal.wait().await.to_owned()),
            None => std::future::pending().await,
        }
    }

    /// Stops: receives nothing more, lets handlers in flight finish, waits until their events are acknowledged, commits, and
    /// leaves the group, all within the configured deadline. Never exits the process.
    ///
    /// A plain `fn` handler that still runs at the deadline cannot be cancelled, and a tokio runtime that is dropped waits
    /// for it. A program that has to end then calls [`shutdown_background`] or [`std::process::exit`]; [`run`](Self::run)
    /// does the latter.
    ///
    /// [`shutdown_background`]: tokio::runtime::Runtime::shutdown_background
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`] counts what is left at the deadline; [`Error::Failed`] if the service has ended by itself
    /// before.
    pub async fn shutdown(mut self) -> Result<(), Error> {
        match self.running.take() {
            Some(running) => running.shutdown().await,
            None => Ok(()),
        }
    }
}

impl Drop for ServiceHandle {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.health.drain();
            running.consumer.stop(Instant::now());
            running.core.acks.close();
            running.health.stopped();
        }
    }
}

impl Running {
    async fn shutdown(self) -> Result<(), Error> {
        // After its deadline the consumer only closes its connections.
        const LEAVE_TIMEOUT: Duration = Duration::from_secs(6);
        let started = Instant::now();
        let deadline = started + self.config.shutdown_deadline;
        let failure = self.core.fatal.reason().map(str::to_owned);
        self.health.drain();
        tracing::info!(deadline = ?self.config.shutdown_deadline, "shutting down; no longer accepting records");
        self.consumer.stop(deadline);
        let ended = tokio::time::timeout_at((deadline + LEAVE_TIMEOUT).into(), self.consumer.ended).await;
        let Ended { left, running } = ended.ok().and_then(Result::ok).unwrap_or_else(|| {
            let in_flight = usize::try_from(Counters::get(&self.core.counters.in_flight)).unwrap_or(usize::MAX);
            Ended { left: in_flight, running: in_flight }
        });
        // The partitions are revoked, so the result of a handler or a retry would be discarded.
        let mut dispatcher = self.dispatcher;
        if tokio::time::timeout(Duration::from_millis(100), dispatcher.ended()).await.is_err() {
            dispatcher.abort();
        }
        let unacknowledged = flush(&self.core, deadline).await;
        self.core.acks.close();
        self.health.stopped();
        tracing::info!(
            commands_left = left,
            still_running = running,
            unacknowledged,
            lost = self.core.acks.losses(),
            finished = Counters::get(&self.core.counters.finished),
            dead_lettered = Counters::get(&self.core.counters.dead_lettered),
            took = ?started.elapsed(),
            "stopped"
        );
        match failure {
            Some(reason) => Err(Error::Failed(reason)),
            // Commands that were not begun, or waited for a retry, are redelivered to the next owner; that is not a failure.
            None if running + unacknowledged > 0 => Err(Error::Incomplete { commands: running, unacknowledged }),
            None => Ok(()),
        }
    }
}

/// Waits until the broker has acknowledged what was handed over; how much it has not.
async fn flush(core: &Arc<Core>, deadline: Instant) -> usize {
    let core = Arc::clone(core);
    let timeout = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(100));
    tokio::task::spawn_blocking(move || core.producer.flush(timeout)).await.unwrap_or(0)
}
