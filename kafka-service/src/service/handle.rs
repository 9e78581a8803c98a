//! A running service, from outside.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{HealthWatch, consumer_thread::ConsumerThread, dispatcher_thread::DispatcherThread};
use crate::{
    config::Config,
    engine::{Counters, Ended, Shared},
    error::Error,
    publisher::{Publisher, PublisherShared},
    transport::{Keeps, Producer},
};

/// A service that was started with [`KafkaService::start`](crate::KafkaService::start).
///
/// Dropping it stops the service without waiting for handlers in flight; [`shutdown`](Self::shutdown) waits for them.
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
    pub(super) servers: String,
    pub(super) shared: Arc<Shared>,
    pub(super) producer: Arc<dyn Producer>,
    pub(super) consumer: ConsumerThread,
    pub(super) dispatcher: DispatcherThread,
    /// Dropped last: the clients still talk to it while they close.
    pub(super) _keeps: Keeps,
}

impl fmt::Debug for Running {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Running").field("servers", &self.servers).finish_non_exhaustive()
    }
}

impl ServiceHandle {
    pub(super) fn disabled(config: &Config) -> Self {
        let publisher = Publisher::new(PublisherShared::disabled(
            &config.effective_group_id(),
            &config.service_name,
            config.message_id,
        ));
        publisher.offer_as_global();
        Self { publisher, watch: HealthWatch::disabled(), running: None }
    }

    pub(super) fn running(publisher: Publisher, running: Running) -> Self {
        Self { publisher, watch: HealthWatch::running(&running.shared), running: Some(running) }
    }

    /// Returns a publisher for other parts of the program.
    #[must_use]
    pub fn publisher(&self) -> Publisher {
        self.publisher.clone()
    }

    /// Returns the bootstrap servers; for the embedded broker, its address. Empty if Kafka is disabled.
    #[must_use]
    pub fn bootstrap_servers(&self) -> &str {
        self.running.as_ref().map_or("", |running| &running.servers)
    }

    /// Completes with the reason if the service fails; never completes for a healthy service.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe.
    pub async fn failed(&self) -> Error {
        match &self.running {
            Some(running) => Error::Failed(running.shared.fatal.wait().await.to_owned()),
            None => std::future::pending().await,
        }
    }

    /// Shuts the service down gracefully: stops consuming, waits for handlers in flight and for the acknowledgement of
    /// their events, commits, and leaves the group. Never exits the process.
    ///
    /// Work in flight has until the configured [deadline](field@Config::shutdown_deadline) to finish. Leaving the group
    /// can take up to 6 s more, so the grace period of an orchestrator must exceed the deadline plus 6 s.
    ///
    /// A plain `fn` handler that is still running then cannot be cancelled, and a tokio runtime that is dropped waits
    /// for it. To exit anyway, call [`shutdown_background`] or [`std::process::exit`]; [`run`](Self::run) does the
    /// latter.
    ///
    /// [`shutdown_background`]: tokio::runtime::Runtime::shutdown_background
    ///
    /// # Errors
    ///
    /// Returns [`Error::Incomplete`] if work is still in flight at the deadline; [`Error::Failed`] if the service had
    /// already failed.
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
            running.shared.health.drain();
            running.consumer.stop(running.shared.clock.instant());
            running.shared.acks.close();
            running.shared.health.stopped();
        }
    }
}

impl Running {
    async fn shutdown(mut self) -> Result<(), Error> {
        // After its deadline the consumer only closes its connections.
        const LEAVE_TIMEOUT: Duration = Duration::from_secs(6);
        let started = self.shared.clock.instant();
        let deadline = started + self.config.shutdown_deadline;
        let failure = self.shared.fatal.reason().map(str::to_owned);
        self.shared.health.drain();
        tracing::info!(deadline = ?self.config.shutdown_deadline, "shutting down; no longer accepting records");
        self.consumer.stop(deadline);
        let leave_by = self.shared.clock.sleep(self.config.shutdown_deadline + LEAVE_TIMEOUT);
        let ended = tokio::select! {
            ended = &mut self.consumer.ended => ended.ok(),
            () = leave_by => None,
        };
        let Ended { left, running } = ended.unwrap_or_else(|| {
            let in_flight = usize::try_from(Counters::get(&self.shared.counters.in_flight)).unwrap_or(usize::MAX);
            Ended { left: in_flight, running: in_flight }
        });
        // The partitions are revoked, so the result of a handler or a retry would be discarded.
        let end_by = self.shared.clock.sleep(Duration::from_millis(100));
        tokio::select! {
            () = self.dispatcher.ended() => {}
            () = end_by => self.dispatcher.abort(),
        }
        let unacknowledged = self.flush(deadline).await;
        self.shared.acks.close();
        self.shared.health.stopped();
        tracing::info!(
            uncommitted = left,
            in_flight = running,
            unacknowledged,
            lost_publications = self.shared.acks.losses(),
            finished = Counters::get(&self.shared.counters.finished),
            dead_lettered = Counters::get(&self.shared.counters.dead_lettered),
            elapsed = ?self.shared.clock.instant().duration_since(started),
            "service stopped"
        );
        match failure {
            Some(reason) => Err(Error::Failed(reason)),
            // Commands that were not begun, or waited for a retry, are redelivered to the next owner; that is not a failure.
            None if running + unacknowledged > 0 => Err(Error::Incomplete { commands: running, unacknowledged }),
            None => Ok(()),
        }
    }

    /// Waits until the broker has acknowledged what was handed over. Returns how much it has not.
    async fn flush(&self, deadline: Instant) -> usize {
        let producer = Arc::clone(&self.producer);
        let left = deadline.saturating_duration_since(self.shared.clock.instant());
        let timeout = left.max(Duration::from_millis(100));
        tokio::task::spawn_blocking(move || producer.flush(timeout)).await.unwrap_or(0)
    }
}
