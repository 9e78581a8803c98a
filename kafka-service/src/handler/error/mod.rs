//! [`HandlerError`]: why a handler failed, and whether another attempt makes sense.

mod classifiers;
#[cfg(test)]
mod classify_tests;

use std::{error::Error, fmt, time::Duration};

pub(crate) use self::classifiers::{ClassOf, Classifiers, InnerOf};
pub use self::classifiers::{class_of, inner_of};

type BoxError = Box<dyn Error + Send + Sync>;

/// Why a handler failed.
///
/// `?` converts every error type into one. It is then **retryable**: the command is retried after a backoff, up to the
/// configured number of attempts. [`HandlerError::permanent`] and [`ResultExt::permanent`] mark an error as permanent:
/// the message is dead-lettered without another attempt. [`#[derive(Classify)]`](derive@crate::Classify) states this in an
/// error type of your own, [`KafkaService::classify`](crate::KafkaService::classify) for one of another crate; both apply to
/// errors that are not marked where they occur.
///
/// `HandlerError` does not implement [`std::error::Error`], so that `?` can accept every type that does.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use kafka_service::{HandlerError, ResultExt};
///
/// fn charge(amount: &str) -> Result<u32, HandlerError> {
///     let cents: u32 = amount.parse().permanent()?; // an invalid number stays invalid
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
    /// `None` if the handler did not classify the error.
    stated: Option<ErrorClass>,
    error: BoxError,
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorClass {
    /// The command is retried after the configured backoff, while attempts remain.
    Retryable,
    /// A retry cannot succeed: the message is dead-lettered.
    Permanent,
    /// The command is retried after this delay, while attempts remain.
    RetryAfter(Duration),
}

impl HandlerError {
    /// Creates a retryable error. The same as `?` or `.into()`, for use in `map_err`.
    pub fn new(error: impl Into<BoxError>) -> Self {
        Self { stated: None, error: error.into() }
    }

    /// Creates a permanent error: the message is dead-lettered without another attempt.
    pub fn permanent(error: impl Into<Self>) -> Self {
        Self { stated: Some(ErrorClass::Permanent), ..error.into() }
    }

    /// Creates an error that requests another attempt after this delay instead of the configured backoff. The failed
    /// attempt counts towards the limit.
    #[must_use]
    pub fn retry_after(delay: Duration) -> Self {
        ResultExt::retry_after(Self::new(format!("retry after {delay:?}")), delay)
    }

    /// Returns whether the error is marked as permanent, where it occurred. What [`#[derive(Classify)]`](derive@crate::Classify)
    /// and [`KafkaService::classify`](crate::KafkaService::classify) say about its type is not asked;
    /// [`testing::class_of`](crate::testing::class_of) asks them too.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.stated == Some(ErrorClass::Permanent)
    }

    /// How the handler classified the error. `None` if it did not.
    pub(crate) fn stated(&self) -> Option<ErrorClass> {
        self.stated
    }

    /// The error and its sources, outermost first.
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
    /// Prints the error and its sources: `cannot store the order: connection refused`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.error.to_string();
        formatter.write_str(&text)?;
        for error in self.chain().skip(1) {
            let cause = error.to_string();
            // Many error types already print their source; do not print it twice.
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

/// Classifies a failure where it occurs: `validate(&order).permanent()?`.
///
/// Implemented for every `Result` whose error converts into a [`HandlerError`], and for [`HandlerError`] itself.
pub trait ResultExt {
    /// The classified form of this type.
    type Output;

    /// Marks the error as permanent: the command is dead-lettered without another attempt.
    fn permanent(self) -> Self::Output;

    /// Requests the next attempt after this delay instead of the configured backoff.
    fn retry_after(self, delay: Duration) -> Self::Output;
}

impl ResultExt for HandlerError {
    type Output = Self;

    fn permanent(self) -> Self {
        Self { stated: Some(ErrorClass::Permanent), ..self }
    }

    fn retry_after(self, delay: Duration) -> Self {
        Self { stated: Some(ErrorClass::RetryAfter(delay)), ..self }
    }
}

impl<T, E: Into<HandlerError>> ResultExt for Result<T, E> {
    type Output = Result<T, HandlerError>;

    fn permanent(self) -> Self::Output {
        self.map_err(|error| ResultExt::permanent(error.into()))
    }

    fn retry_after(self, delay: Duration) -> Self::Output {
        self.map_err(|error| ResultExt::retry_after(error.into(), delay))
    }
}

/// The error types that a handler can return: all that convert into [`HandlerError`].
///
/// You never implement it; it exists for its compiler error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error type of a handler",
    label = "cannot be converted into a `HandlerError`",
    note = "an error type implements `std::error::Error`, for example with `thiserror`, and is `Send + Sync + 'static`; a boxed error is a `Box<dyn std::error::Error + Send + Sync>`",
    note = "errors are never published; to publish `{Self}`, return it as an event in `Ok`, or as a variant of an event enum"
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
mod tests;
