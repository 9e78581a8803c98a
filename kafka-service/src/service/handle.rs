//! A running service, from outside.

use std::{fmt, sync::Arc, time::Duration};

use super::{HealthWatch, consumer_thread::ConsumerThread, dispatcher_thread::DispatcherThread};
use crate::{
    clock::Clock,
    config::Config,
    engine::Shared,
    error::Error,
    oauth::RenewalGuard,
    publisher::{Publisher, PublisherShared},
    transport::{Keeps, Producer},
};

/// A service that was started with [`KafkaService::start`](crate::KafkaService::start).
///
/// Dropping it stops the service without waiting for handlers in flight; [`shutdown`](Self::shutdown) waits for them.
#[must_use = "dropping the handle stops the service"]
pub struct ServiceHandle {
    publisher: Publisher,
    pub(super) watch: HealthWatch,
    running: Option<Running>,
    clock: Arc<dyn Clock>,
    shutdown_deadline: Duration,
}

/// The parts of a service with a broker.
pub(super) struct Running {
    pub(super) config: Config,
    pub(super) servers: String,
    pub(super) shared: Arc<Shared>,
    pub(super) producer: Arc<dyn Producer>,
    pub(super) consumer: ConsumerThread,
    pub(super) dispatcher: DispatcherThread,
    /// Ends the renewal of tokens.
    pub(super) _renewal: Option<RenewalGuard>,
    /// Dropped last: the clients still talk to it while they close.
    pub(super) _keeps: Keeps,
}

impl fmt::Debug for ServiceHandle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.watch.state();
        formatter
            .debug_struct("ServiceHandle")
            .field("servers", &self.bootstrap_servers())
            .field("state", &state)
            .finish_non_exhaustive()
    }
}

impl ServiceHandle {
    pub(super) fn disabled(config: &Config, clock: Arc<dyn Clock>) -> Self {
        let publisher = Publisher::new(PublisherShared::disabled(
            &config.effective_group_id(),
            &config.service_name,
            config.message_id,
        ));
        publisher.offer_as_global();
        let shutdown_deadline = config.shutdown_deadline;
        Self { publisher, watch: HealthWatch::disabled(), running: None, clock, shutdown_deadline }
    }

    pub(super) fn running(publisher: Publisher, running: Running) -> Self {
        let (clock, shutdown_deadline) = (Arc::clone(&running.shared.clock), running.config.shutdown_deadline);
        Self {
            publisher,
            watch: HealthWatch::running(&running.shared),
            running: Some(running),
            clock,
            shutdown_deadline,
        }
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
    /// can take up to 6 s more, so the grace period of an orchestrator must exceed the deadline plus 6 s. When no handler
    /// runs and no broker has been reachable for 5 s, the shutdown ends without waiting for the deadline.
    ///
    /// A plain `fn` handler that is still running then cannot be cancelled, and a tokio runtime that is dropped waits
    /// for it. To exit anyway, call [`shutdown_background`] or [`std::process::exit`]; [`run`](Self::run) does the
    /// latter.
    ///
    /// [`shutdown_background`]: tokio::runtime::Runtime::shutdown_background
    ///
    /// # Errors
    ///
    /// Returns [`Error::Incomplete`] if work is still in flight at the deadline; [`Error::Unreachable`] if it ends sooner
    /// because no broker was reachable, and something is left; [`Error::Failed`] if the service had already failed.
    pub async fn shutdown(self) -> Result<(), Error> {
        let deadline = self.shutdown_deadline;
        self.shutdown_within(deadline).await
    }

    pub(super) async fn shutdown_within(mut self, deadline: Duration) -> Result<(), Error> {
        match self.running.take() {
            Some(running) => running.shutdown(&self.publisher, deadline).await,
            None => Ok(()),
        }
    }

    /// From now on the service is not ready, because it is about to shut down. It goes on working.
    pub(super) fn stop_being_ready(&self) {
        if let Some(running) = &self.running {
            running.shared.health.drain();
        }
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    pub(super) fn shutdown_deadline(&self) -> Duration {
        self.shutdown_deadline
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
