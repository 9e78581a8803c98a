//! Running until a signal, or until something else says so. Only `run` and `run_with` install signal handlers and may exit the
//! process.

use std::{future::Future, sync::Arc, time::Duration};

use super::{KafkaService, ServiceHandle};
use crate::{clock::Clock, error::Error};

/// How long signals are one request to stop: `timeout` and many supervisors signal the process and its group at once.
const ONE_REQUEST: Duration = Duration::from_secs(1);

impl KafkaService {
    /// Starts the service and runs it until SIGTERM or SIGINT, then shuts it down gracefully: [`start`](Self::start)
    /// followed by [`ServiceHandle::run`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`start`](Self::start) and [`ServiceHandle::run`].
    pub async fn run(self) -> Result<(), Error> {
        self.start().await?.run().await
    }
}

impl ServiceHandle {
    /// Runs until SIGTERM or SIGINT, then shuts the service down like [`shutdown`](Self::shutdown). A second signal,
    /// at least a second after the first, ends the process immediately, with exit code 130. If a plain `fn` handler is still running after the shutdown,
    /// whether or not the deadline has passed, the process exits with code 3, because a blocking call cannot be
    /// cancelled.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`shutdown`](Self::shutdown), and [`Error::Failed`] if the service fails.
    pub async fn run(self) -> Result<(), Error> {
        let mut signals = Signals::listen();
        self.stopped_by(signals.next()).await;
        let impatient = tokio::spawn(exit_on_next_signal(signals, self.clock()));
        let result = self.shutdown().await;
        impatient.abort();
        leave_blocking_handlers(&result);
        result
    }

    /// Runs until `stop` completes, then shuts the service down like [`shutdown`](Self::shutdown). Installs no signal
    /// handlers and never exits the process.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`shutdown`](Self::shutdown), and [`Error::Failed`] if the service fails.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<(), Error> {
        self.stopped_by(stop).await;
        self.shutdown().await
    }

    /// Completes with `stop`, or when the service has failed.
    async fn stopped_by(&self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = stop => {}
            error = self.failed() => tracing::error!(%error, "service failed; shutting down"),
        }
    }
}

/// SIGTERM and SIGINT. The same listeners serve the second signal, so that none is missed in between.
pub(super) struct Signals {
    #[cfg(unix)]
    listeners: Option<[tokio::signal::unix::Signal; 2]>,
}

impl Signals {
    #[cfg(unix)]
    pub(super) fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let listeners = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
        let [Ok(terminate), Ok(interrupt)] = listeners else {
            tracing::warn!(
                "cannot install signal handlers; SIGTERM and SIGINT do not shut the service down gracefully"
            );
            return Self { listeners: None };
        };
        Self { listeners: Some([terminate, interrupt]) }
    }

    #[cfg(not(unix))]
    pub(super) fn listen() -> Self {
        Self {}
    }

    /// Completes at the next signal.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) {
        let Some([terminate, interrupt]) = &mut self.listeners else { return std::future::pending().await };
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "signal received");
    }

    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[expect(clippy::exit, reason = "a second signal asks for the process to end now")]
pub(super) async fn exit_on_next_signal(mut signals: Signals, clock: Arc<dyn Clock>) {
    let first = clock.instant();
    signals.next().await;
    while clock.instant().saturating_duration_since(first) < ONE_REQUEST {
        signals.next().await;
    }
    tracing::warn!("second signal, exiting now; in-flight commands will be redelivered");
    std::process::exit(130);
}

/// A plain `fn` that hangs cannot be cancelled, and tokio would wait for it forever when `main` returns. It may also run for
/// a partition that was lost, and then the shutdown left nothing undone.
#[expect(clippy::exit, reason = "the deadline is a promise, and nothing else ends a blocking call")]
pub(super) fn leave_blocking_handlers(result: &Result<(), Error>) {
    let running = crate::handler::blocking_calls();
    if running > 0 {
        let error = result.as_ref().err().map(ToString::to_string);
        tracing::error!(running, error, "blocking handlers still running; exiting without waiting for them");
        std::process::exit(3);
    }
}
