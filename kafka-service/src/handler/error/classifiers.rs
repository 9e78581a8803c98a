//! How the application classifies its error types. Applies to errors that the handler did not classify.

use std::{error::Error, fmt};

use crate::handler::{ErrorClass, HandlerError};

type Classifier = dyn Fn(&(dyn Error + 'static)) -> Option<ErrorClass> + Send + Sync;

/// The registered error types, in the order of their registration.
#[derive(Default)]
pub(crate) struct Classifiers(Vec<Box<Classifier>>);

impl Classifiers {
    /// Adds a classifier. For an error type that has one already, the first one counts.
    pub(crate) fn add<E: Error + 'static>(&mut self, classify: impl Fn(&E) -> ErrorClass + Send + Sync + 'static) {
        self.0.push(Box::new(move |error| error.downcast_ref().map(&classify)));
    }

    /// What to do after an error: what the handler stated, else what is registered for the outermost error of a
    /// registered type, else another attempt.
    pub(crate) fn class(&self, error: &HandlerError) -> ErrorClass {
        let registered = || error.chain().find_map(|error| self.0.iter().find_map(|classify| classify(error)));
        error.stated().or_else(registered).unwrap_or(ErrorClass::Retryable)
    }
}

impl fmt::Debug for Classifiers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Classifiers").field(&self.0.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::handler::{Outcome, ResultExt as _, outcome, outcome_with};

    #[derive(Debug, PartialEq, thiserror::Error)]
    enum UserError {
        #[error("the name is taken")]
        NameTaken,
        #[error("too many at once")]
        RateLimited,
    }

    #[derive(Debug, thiserror::Error)]
    #[error("cannot create the user")]
    struct Context(#[source] UserError);

    const PAUSE: Duration = Duration::from_secs(60);

    fn classifiers() -> Classifiers {
        let mut classifiers = Classifiers::default();
        classifiers.add(|error: &UserError| match error {
            UserError::NameTaken => ErrorClass::Permanent,
            UserError::RateLimited => ErrorClass::RetryAfter(PAUSE),
        });
        classifiers
    }

    fn class_of(outcome: Outcome) -> ErrorClass {
        classifiers().class(&outcome.unwrap_err())
    }

    #[test]
    fn an_error_that_a_handler_returns_is_classified_by_its_type() {
        assert_eq!(class_of(outcome(Err::<(), _>(UserError::NameTaken))), ErrorClass::Permanent);
        assert_eq!(class_of(outcome(Err::<(), _>(UserError::RateLimited))), ErrorClass::RetryAfter(PAUSE));
        assert_eq!(class_of(outcome(Err::<(), _>(fmt::Error))), ErrorClass::Retryable);
        assert_eq!(class_of(outcome(Err::<(), _>("the name is taken"))), ErrorClass::Retryable);
    }

    #[test]
    fn a_wrapped_error_is_found() {
        fn fails() -> Result<(), HandlerError> {
            Err(Context(UserError::NameTaken))?
        }
        let boxed: Box<dyn Error + Send + Sync> = Box::new(Context(UserError::RateLimited));
        assert_eq!(class_of(outcome(fails())), ErrorClass::Permanent);
        assert_eq!(class_of(outcome(Err::<(), _>(boxed))), ErrorClass::RetryAfter(PAUSE));
    }

    #[test]
    fn the_handlers_own_class_wins() {
        let taken = || HandlerError::new(UserError::NameTaken);
        assert_eq!(class_of(Err(taken().retry_after(PAUSE))), ErrorClass::RetryAfter(PAUSE));
        assert_eq!(class_of(Err(HandlerError::permanent(UserError::RateLimited))), ErrorClass::Permanent);
        let permanent = |returned| outcome_with::<Result<(), _>>(returned, |error| *error == UserError::RateLimited);
        assert_eq!(class_of(permanent(Err(UserError::RateLimited))), ErrorClass::Permanent);
    }

    #[test]
    fn the_outermost_type_decides_then_the_first_classifier() {
        let mut classifiers = classifiers();
        classifiers.add(|_: &Context| ErrorClass::Retryable);
        classifiers.add(|_: &UserError| ErrorClass::Retryable);
        assert_eq!(classifiers.class(&HandlerError::new(Context(UserError::NameTaken))), ErrorClass::Retryable);
        assert_eq!(classifiers.class(&HandlerError::new(UserError::NameTaken)), ErrorClass::Permanent);
    }
}
