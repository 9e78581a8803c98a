//! How a service classifies the errors of its handlers.

use super::KafkaService;
use crate::{
    handler::{Classifiers, ErrorClass, HandlerError},
    publisher::classify_publish_errors,
    registry::error_types,
};

impl KafkaService {
    /// Classifies errors of type `E` for all handlers, for a type of another crate. For a type of your own,
    /// [`#[derive(Classify)]`](derive@crate::Classify) is shorter and checks more; this takes precedence over it.
    ///
    /// It applies only to errors that the handler did not mark itself with [`permanent`](crate::ResultExt::permanent)
    /// or [`retry_after`](crate::ResultExt::retry_after). The error and its [`source`](std::error::Error::source) chain
    /// are searched, outermost first; the first type with a class decides. Wrappers without a `source()`, such as a bare
    /// `anyhow::Error`, hide the inner error. If a type is registered twice, the first registration wins. An error that
    /// nothing classifies is retryable.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::{io, time::Duration};
    /// use kafka_service::{ErrorClass, KafkaService, command};
    ///
    /// #[command("import")]
    /// async fn import(path: String) -> Result<(), io::Error> {
    ///     std::fs::read(path).map(drop)
    /// }
    ///
    /// # async fn example() -> Result<(), kafka_service::Error> {
    /// KafkaService::from_env()?
    ///     .classify::<io::Error>(|error| match error.kind() {
    ///         io::ErrorKind::NotFound => ErrorClass::Permanent,
    ///         io::ErrorKind::ResourceBusy => ErrorClass::RetryAfter(Duration::from_secs(60)),
    ///         _ => ErrorClass::Retryable,
    ///     })
    ///     .run()
    ///     .await
    /// # }
    /// ```
    pub fn classify<E: std::error::Error + 'static>(
        mut self,
        classify: impl Fn(&E) -> ErrorClass + Send + Sync + 'static,
    ) -> Self {
        self.classifiers.add(classify);
        self
    }

    /// Returns what the service does after a handler has failed with this error: what is stated where the error occurs,
    /// else what [`classify`](Self::classify) says, else what [`#[derive(Classify)]`](derive@crate::Classify) says. The
    /// option `permanent` of a handler is not asked.
    ///
    /// For a unit test of a program that builds its service in a function;
    /// [`testing::class_of`](crate::testing::class_of) needs no service.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::fmt;
    /// use kafka_service::{Config, ErrorClass, KafkaService};
    ///
    /// /// The service as `main` runs it.
    /// fn service(config: Config) -> KafkaService {
    ///     KafkaService::new(config).classify::<fmt::Error>(|_| ErrorClass::Permanent)
    /// }
    ///
    /// assert_eq!(service(Config::new("shop")).class_of(fmt::Error), ErrorClass::Permanent);
    /// ```
    #[must_use]
    pub fn class_of(&self, error: impl Into<HandlerError>) -> ErrorClass {
        completed(self.classifiers.clone()).class(&error.into())
    }
}

/// What the application classifies, then what classifies itself.
pub(crate) fn completed(mut classifiers: Classifiers) -> Classifiers {
    classifiers.add_derived(error_types());
    classify_publish_errors(&mut classifiers);
    classifiers
}

#[cfg(test)]
mod tests {
    use std::{fmt, time::Duration};

    use super::*;
    use crate::{config::Config, handler::ResultExt, publisher::PublishError, testing};

    #[derive(Debug, thiserror::Error, kafka_service_macros::Classify)]
    #[classify(crate = crate)]
    enum OrderError {
        #[error("sold out")]
        #[permanent]
        SoldOut,
        #[error("busy")]
        #[retry_after("1m")]
        Busy,
    }

    const MINUTE: ErrorClass = ErrorClass::RetryAfter(Duration::from_secs(60));

    #[test]
    fn a_unit_test_gets_the_class_that_the_engine_uses() {
        assert_eq!(testing::class_of(OrderError::SoldOut), ErrorClass::Permanent);
        assert_eq!(testing::class_of(OrderError::Busy), MINUTE);
        assert_eq!(testing::class_of(HandlerError::permanent(OrderError::Busy)), ErrorClass::Permanent);
        assert_eq!(testing::class_of(PublishError::EmptyType), ErrorClass::Permanent);
        assert_eq!(testing::class_of(fmt::Error), ErrorClass::Retryable);
    }

    #[test]
    fn a_service_is_asked_before_the_type() {
        let service = KafkaService::new(Config::new("shop"))
            .classify::<OrderError>(|_| ErrorClass::Retryable)
            .classify::<fmt::Error>(|_| ErrorClass::Permanent);
        assert_eq!(service.class_of(OrderError::SoldOut), ErrorClass::Retryable);
        assert_eq!(service.class_of(fmt::Error), ErrorClass::Permanent);
        assert_eq!(
            service.class_of(ResultExt::retry_after(HandlerError::new(fmt::Error), Duration::from_secs(60))),
            MINUTE
        );
    }
}
