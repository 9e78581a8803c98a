//! Running something beside the service, such as an HTTP server: both start together, and both end together.

use std::{
    error::Error as StdError,
    future::{Future, IntoFuture},
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{FutureExt as _, future::Shared};
use tokio::sync::oneshot;

use super::{
    KafkaService, ServiceHandle,
    run::{Signals, exit_on_next_signal, leave_blocking_handlers},
};
use crate::error::Error;

/// Tells what runs beside a service to finish: a future that completes when the program shuts down.
///
/// [`KafkaService::run_with`] passes it to the closure. It is cheap to clone, and it completes for every clone.
#[derive(Clone, Debug)]
#[must_use = "what runs beside the service should await it"]
pub struct StopSignal(Shared<oneshot::Receiver<()>>);

impl Future for StopSignal {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<()> {
        self.0.poll_unpin(task).map(drop)
    }
}

impl KafkaService {
    /// Starts the service and runs something beside it, such as an HTTP server, until SIGTERM or SIGINT. Then both shut
    /// down gracefully.
    ///
    /// `beside` gets the handle of the started service, for routes that publish or report the health, and a [`StopSignal`],
    /// which tells it to finish. The closure borrows the handle, so take what the future needs before its `async` block:
    /// a [publisher](ServiceHandle::publisher), a [watch of the health](ServiceHandle::health_watch). An
    /// `async move` block that uses `service` itself does not compile (`lifetime may not live long enough`). At the signal:
    ///
    /// 1. The service is not [ready](crate::health::Health::ready) any more, so a load balancer sends no new requests.
    /// 2. `StopSignal` completes. The future of `beside` finishes what it has begun; the publisher and the handlers still work.
    ///    After half of the [shutdown deadline](field@crate::Config::shutdown_deadline) it is dropped.
    /// 3. The service shuts down like [`ServiceHandle::run`], in what is left of the deadline.
    ///
    /// If one half ends early, the other one is shut down too: if the future of `beside` ends, or if the service fails.
    /// A second signal, at least a second after the first, ends the process immediately, with exit code 130.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`start`](Self::start) and [`ServiceHandle::run`], and [`Error::Beside`] if the future of
    /// `beside` returns an error or is dropped. If both halves fail, the first error is returned and the other one logged.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use kafka_service::{KafkaService, Publisher, StopSignal};
    /// # async fn serve(_: Publisher, stop: StopSignal) -> std::io::Result<()> { stop.await; Ok(()) }
    /// # async fn example() -> Result<(), kafka_service::Error> {
    /// // `serve` runs an HTTP server until `stop` completes.
    /// KafkaService::from_env()?
    ///     .run_with(|service, stop| {
    ///         let publisher = service.publisher(); // before the `async` block
    ///         async move { serve(publisher, stop).await }
    ///     })
    ///     .await
    /// # }
    /// ```
    pub async fn run_with<F, B, E>(self, beside: F) -> Result<(), Error>
    where
        F: FnOnce(&ServiceHandle, StopSignal) -> B,
        B: IntoFuture<Output = Result<(), E>>,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        let service = self.start().await?;
        let (clock, mut signals, mut impatient) = (service.clock(), Signals::listen(), None);
        let stop = async {
            signals.next().await;
            impatient = Some(tokio::spawn(exit_on_next_signal(signals, clock)));
        };
        let result = run_beside(service, beside, stop).await;
        if let Some(impatient) = impatient {
            impatient.abort();
        }
        leave_blocking_handlers(&result);
        result
    }
}

/// Runs both halves until `stop` completes or one of them ends.
async fn run_beside<F, B, E>(service: ServiceHandle, beside: F, stop: impl Future<Output = ()>) -> Result<(), Error>
where
    F: FnOnce(&ServiceHandle, StopSignal) -> B,
    B: IntoFuture<Output = Result<(), E>>,
    E: Into<Box<dyn StdError + Send + Sync>>,
{
    let (stopping, stopped) = oneshot::channel();
    let mut beside = pin!(beside(&service, StopSignal(stopped.shared())).into_future());
    let ended = tokio::select! {
        () = stop => None,
        error = service.failed() => {
            tracing::error!(%error, "service failed; shutting down");
            None
        }
        result = &mut beside => Some(result.map_err(failed)),
    };
    service.stop_being_ready();
    let (clock, started) = (service.clock(), service.clock().instant());
    let result = match ended {
        Some(result) => {
            tracing::info!("what runs beside the service has ended; shutting down");
            result
        }
        None => {
            drop(stopping);
            let limit = service.shutdown_deadline() / 2;
            tokio::select! {
                result = beside => result.map_err(failed),
                () = clock.sleep(limit) => Err(failed(Unfinished(limit))),
            }
        }
    };
    let left = service.shutdown_deadline().saturating_sub(clock.instant().saturating_duration_since(started));
    match (result, service.shutdown_within(left).await) {
        // A service that fails is the reason why the other half had to stop.
        (Err(beside), Err(error @ Error::Failed(_))) => {
            tracing::error!(error = ?beside, "what runs beside the service failed too");
            Err(error)
        }
        (Err(beside), shutdown) => {
            if let Err(error) = shutdown {
                tracing::error!(%error, "the shutdown of the service failed too");
            }
            Err(beside)
        }
        (Ok(()), shutdown) => shutdown,
    }
}

/// What runs beside the service did not finish in time.
#[derive(Debug, thiserror::Error)]
#[error("not finished {0:?} after the signal; increase KAFKA_SHUTDOWN_DEADLINE, half of which it has")]
struct Unfinished(Duration);

fn failed(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::Beside(error.into())
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        io,
        sync::atomic::{AtomicBool, Ordering},
    };

    use super::*;
    use crate::config::{Brokers, Config};

    async fn service() -> ServiceHandle {
        let config =
            Config::new("beside").bootstrap_servers(Brokers::Disabled).shutdown_deadline(Duration::from_secs(20));
        // What the handlers of this test program need.
        KafkaService::new(config).state(String::new()).start().await.unwrap()
    }

    fn text(result: Result<(), Error>) -> String {
        format!("{:?}", result.unwrap_err())
    }

    #[tokio::test]
    async fn an_error_beside_ends_the_service() {
        let beside = |_: &ServiceHandle, _| async { Err(io::Error::other("port 3000 is taken")) };
        let result = run_beside(service().await, beside, pending()).await;
        assert_eq!(text(result), "what runs beside the service failed: port 3000 is taken");
    }

    #[tokio::test]
    async fn what_runs_beside_finishes_after_the_signal() {
        let (stop, finished) = (tokio::sync::Notify::new(), AtomicBool::new(false));
        let beside = |_: &ServiceHandle, signal: StopSignal| {
            stop.notify_one();
            let finished = &finished;
            async move {
                signal.clone().await;
                signal.await;
                tokio::task::yield_now().await;
                finished.store(true, Ordering::Relaxed);
                Ok::<_, io::Error>(())
            }
        };
        run_beside(service().await, beside, stop.notified()).await.unwrap();
        assert!(finished.load(Ordering::Relaxed));
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_finish_is_dropped_at_half_of_the_deadline() {
        let beside = |_: &ServiceHandle, _| pending::<Result<(), io::Error>>();
        let began = tokio::time::Instant::now();
        let result = run_beside(service().await, beside, async {}).await;
        assert_eq!(began.elapsed().as_secs(), 10);
        let expected = "what runs beside the service failed: not finished 10s after the signal; increase \
                        KAFKA_SHUTDOWN_DEADLINE, half of which it has";
        assert_eq!(text(result), expected);
    }
}
