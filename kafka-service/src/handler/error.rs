//! [`HandlerError`]: why a handler failed, and whether another attempt makes sense.

use std::{error::Error, fmt, time::Duration};

type BoxError = Box<dyn Error + Send + Sync>;

/// Why a handler failed.
///
/// Every error type becomes one through `?` and is then **retryable**: the handler is called again after a pause, up to
/// the configured number of attempts. [`HandlerError::permanent`] and [`Classify::permanent`] say that trying again
/// cannot help: the command goes to the dead-letter topic at once.
///
/// It is no [`std::error::Error`] itself; that is what lets `?` accept every type that is one.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use kafka_service::{Classify, HandlerError};
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
    class: Class,
    error: BoxError,
}

/// What to do about a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Retryable,
    Permanent,
    RetryAfter(Duration),
}

impl HandlerError {
    /// An error after which the handler is tried again. The same as `?` or `.into()`, for use in `map_err`.
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self { class: Class::Retryable, error: error.into() }
    }

    /// An error that no further attempt can mend.
    pub fn permanent(error: impl Into<Self>) -> Self {
        Self { class: Class::Permanent, ..error.into() }
    }

    /// Asks for another attempt after a pause of this length instead of the configured one. The attempt counts.
    #[must_use]
    pub fn retry_after(pause: Duration) -> Self {
        Self { class: Class::RetryAfter(pause), ..Self::new(format!("to be tried again after {pause:?}")) }
    }

    /// Whether no further attempt can help.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.class == Class::Permanent
    }

    pub(crate) fn class(&self) -> Class {
        self.class
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
        let mut source = self.error.source();
        while let Some(error) = source {
            let cause = error.to_string();
            // Many error types print their cause themselves; once is enough.
            if !text.ends_with(&cause) {
                write!(formatter, ": {cause}")?;
            }
            text = cause;
            source = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HandlerError")
            .field("class", &self.class)
            .field("error", &format_args!("{self}"))
            .finish()
    }
}

/// Says on the spot what a failure means for the command: `validate(&order).permanent()?`.
///
/// Works on every `Result` whose error can become a [`HandlerError`], and on a [`HandlerError`] itself.
pub trait Classify {
    /// The classified form of this type.
    type Output;

    /// No further attempt can help: the command goes to the dead-letter topic.
    fn permanent(self) -> Self::Output;

    /// The next attempt is due after a pause of this length instead of the configured one.
    fn retry_after(self, pause: Duration) -> Self::Output;
}

impl Classify for HandlerError {
    type Output = Self;

    fn permanent(self) -> Self {
        Self { class: Class::Permanent, ..self }
    }

    fn retry_after(self, pause: Duration) -> Self {
        Self { class: Class::RetryAfter(pause), ..self }
    }
}

impl<T, E: Into<HandlerError>> Classify for Result<T, E> {
    type Output = Result<T, HandlerError>;

    fn permanent(self) -> Self::Output {
        self.map_err(|error| Classify::permanent(error.into()))
    }

    fn retry_after(self, pause: Duration) -> Self::Output {
        self.map_err(|error| Classify::retry_after(error.into(), pause))
    }
}

/// The error types that a handler may return: all that convert into [`HandlerError`].
///
/// There is nothing to implement; it exists for its compiler message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error type of a handler",
    label = "does not become a `HandlerError`",
    note = "implement `std::error::Error` for `{Self}`, for example with `thiserror`; it must be `Send + Sync + 'static` too"
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
