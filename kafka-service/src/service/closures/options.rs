//! The name and the options of a closure.

use std::{error::Error, time::Duration};

use crate::{
    handler::{Classifiers, ErrorClass},
    registry::RetryOptions,
};

/// The name of a handler that is a closure, with the options that an attribute has too.
///
/// Pass it to [`KafkaService::on_command`](crate::KafkaService::on_command) or `on_event` instead of a name. Values that
/// are not set default to the configuration. A value that is not allowed is an error when the service starts, which names
/// the file and line of that call.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use kafka_service::{HandlerOptions, KafkaService, State};
/// use serde::Deserialize;
///
/// #[derive(Clone)]
/// struct Printer;
///
/// impl Printer {
///     async fn print(&self, number: u64) -> std::io::Result<()> {
///         println!("{number}");
///         Ok(())
///     }
/// }
///
/// #[derive(Deserialize)]
/// struct Invoice { number: u64 }
///
/// # async fn example() -> Result<(), kafka_service::Error> {
/// let options = HandlerOptions::new("print_invoice")
///     .topic("printing")
///     .timeout(Duration::from_secs(30))
///     .attempts(3)
///     .permanent(|error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound);
/// KafkaService::from_env()?
///     .state(Printer)
///     .on_command(options, |State(printer): State<Printer>, Invoice { number }: Invoice| async move {
///         printer.print(number).await
///     })
///     .run()
///     .await
/// # }
/// ```
#[derive(Debug)]
#[must_use = "the options do nothing until they are passed to `on_command` or `on_event`"]
pub struct HandlerOptions {
    pub(super) name: String,
    pub(super) topic: Option<String>,
    pub(super) timeout: Option<Duration>,
    pub(super) retry: RetryOptions,
    pub(super) permanent: Classifiers,
}

impl HandlerOptions {
    /// Creates options for the command of this name, or for events of this type.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            topic: None,
            timeout: None,
            retry: RetryOptions::default(),
            permanent: Classifiers::default(),
        }
    }

    /// Sets the only topic that the handler consumes from. The service consumes it in addition to the configured ones.
    pub fn topic(mut self, topic: impl Into<String>) -> Self {
        self.topic = Some(topic.into());
        self
    }

    /// Sets how long one attempt may take, at most 720 hours.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets the total number of attempts, from 1 to 1000.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.retry.attempts = Some(attempts);
        self
    }

    /// Sets the initial and the maximum backoff between attempts, at most 720 hours.
    pub fn backoff(mut self, initial: Duration, maximum: Duration) -> Self {
        self.retry.backoff = Some((initial, maximum));
        self
    }

    /// Sets the time after the first attempt within which another one may start, at most 720 hours.
    pub fn retry_deadline(mut self, deadline: Duration) -> Self {
        self.retry.deadline = Some(deadline);
        self
    }

    /// Decides which errors of type `E` are permanent. Like [`KafkaService::classify`](crate::KafkaService::classify), it
    /// searches the error and its sources, and applies to errors that the handler did not mark itself; it is asked first.
    pub fn permanent<E: Error + 'static>(mut self, is_permanent: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.permanent
            .add(move |error| if is_permanent(error) { ErrorClass::Permanent } else { ErrorClass::Retryable });
        self
    }
}

impl From<&str> for HandlerOptions {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<&String> for HandlerOptions {
    fn from(name: &String) -> Self {
        Self::new(name)
    }
}

impl From<String> for HandlerOptions {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}
