//! [`HandlerError`]: why a handler failed, and whether another attempt makes sense.

use std::{error::Error, fmt, time::Duration};

type BoxError = Box<dyn Error + Send + Sync>;

/// Why a handler failed.
///
/// Every error type becomes one through `?` and is then **retryable**: the handler is called again after a pause, up to
/// the configured number of attempts. [`HandlerError::permanent`] and [`ResultExt::permanent`] say that trying again
/// cannot help: the message goes to the dead-letter topic at once. What stays unsaid here can be said once for each error
/// type: [`KafkaService::classify`](crate::KafkaService::classify).
///
/// It is no [`std::error::Error`] itself; that is what lets `?` accept every type that is one.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use kafka_service::{HandlerError, ResultExt};
///
/// fn charge(amount: &str) -> Result<u32, HandlerError> {
///     let cents: u32 = amount.parse().permanent()?; // a wrong number stays wrong
///     if cents == 0 {
///         return Err(HandlerError::permanent("nothing to charge"));
///     }
///     if cents > 1_000_000 {
///         return Err(HandlerError::retry_after(Duration::from_secs(60)));
///     }
///     Ok(cents)
/// }
///
/// assert!(charge("many").unwrap_err().is_permanent());
/// assert_eq!(charge("0").unwrap_err().to_string(), "nothing to charge");
/// assert!(!charge("2000000").unwrap_err().is_permanent());
/// ```
pub struct HandlerError {
    /// None if the handler said nothing about it.
    stated: Option<ErrorClass>,
    error: BoxError,
}

/// What to do about a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorClass {
    /// The handler is called again after the configured pause, while attempts are left.
    Retryable,
    /// No further attempt can help: the message goes to the dead-letter topic.
    Permanent,
    /// The handler is called again after a pause of this length, while attempts are left.
    RetryAfter(Duration),
}

impl HandlerError {
    /// An error after which the handler is tried again. The same as `?` or `.into()`, for use in `map_err`.
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self { stated: None, error: error.into() }
    }

    /// An error that no further attempt can mend.
    pub fn permanent(error: impl Into<Self>) -> Self {
        Self { stated: Some(ErrorClass::Permanent), ..error.into() }
    }

    /// Asks for another attempt after a pause of this length instead of the configured one. The attempt counts.
    #[must_use]
    pub fn retry_after(pause: Duration) -> Self {
        ResultExt::retry_after(Self::new(format!("retry after {pause:?}")), pause)
    }

    /// Whether the handler said that no further attempt can help.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.stated == Some(ErrorClass::Permanent)
    }

    /// What the handler said about the error; none if it said nothing.
    pub(crate) fn stated(&self) -> Option<ErrorClass> {
        self.stated
    }

    /// The error and all that caused it, from the outside in.
    pub(crate) fn chain(&self) -> impl Iterator<Item = &(dyn Error + 'static)> {
        let outermost: &(dyn Error + 'static) = self.error.as_ref();
        std::iter::successors(Some(outermost), |&error| error.source())
    }
}

impl<E: Into<BoxError>> From<E> for HandlerError {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

impl fmt::Display for HandlerError {
    /// Prints the error and all that caused it: `cannot store the order: connection refused`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.error.to_string();
        formatter.write_str(&text)?;
        for error in self.chain().skip(1) {
            let cause = error.to_string();
            // Many error types print their cause themselves; once is enough.
            if !text.ends_with(&cause) {
                write!(formatter, ": {cause}")?;
            }
            text = cause;
        }
        Ok(())
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HandlerError")
            .field("class", &self.stated.unwrap_or(ErrorClass::Retryable))
            .field("error", &format_args!("{self}"))
            .finish()
    }
}

/// Says on the spot what a failure means for the command: `validate(&order).permanent()?`.
///
/// Works on every `Result` whose error can become a [`HandlerError`], and on a [`HandlerError`] itself.
pub trait ResultExt {
    /// The classified form of this type.
    type Output;

    /// No further attempt can help: the command goes to the dead-letter topic.
    fn permanent(self) -> Self::Output;

    /// The next attempt is due after a pause of this length instead of the configured one.
    fn retry_after(self, pause: Duration) -> Self::Output;
}

impl ResultExt for HandlerError {
    type Output = Self;

    fn permanent(self) -> Self {
        Self { stated: Some(ErrorClass::Permanent), ..self }
    }

    fn retry_after(self, pause: Duration) -> Self {
        Self { stated: Some(ErrorClass::RetryAfter(pause)), ..self }
    }
}

impl<T, E: Into<HandlerError>> ResultExt for Result<T, E> {
    type Output = Result<T, HandlerError>;

    fn permanent(self) -> Self::Output {
        self.map_err(|error| ResultExt::permanent(error.into()))
    }

    fn retry_after(self, pause: Duration) -> Self::Output {
        self.map_err(|error| ResultExt::retry_after(error.into(), pause))
    }
}

/// The error types that a handler may return: all that convert into [`HandlerError`].
///
/// There is nothing to implement; it exists for its compiler message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error type of a handler",
    label = "cannot be converted into a `HandlerError`",
    note = "errors are never published; to publish `{Self}`, return it as an event in `Ok`, or as a variant of an event enum",
    note = "implement `std::error::Error` for `{Self}`, for example with `thiserror`; it must also be `Send + Sync + 'static`"
)]
pub trait IntoHandlerError {
    /// Converts the error.
    fn into_handler_error(self) -> HandlerError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<HandlerError>> IntoHandlerError for E {
    fn into_handler_error(self) -> HandlerError {
        self.into()
    }
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
