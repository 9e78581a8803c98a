//! How the application classifies its error types. Applies to errors that the handler did not classify.

use std::{error::Error, fmt, iter, sync::Arc};

use crate::handler::{ErrorClass, HandlerError};

/// Returns the class of an error of one type; `None` for errors of other types, and if the type does not decide.
pub(crate) type ClassOf = fn(&(dyn Error + 'static)) -> Option<ErrorClass>;

/// Returns the error in an error of one type that forwards its `source` to it, which hides it.
pub(crate) type InnerOf = for<'a> fn(&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)>;

type Classifier = dyn Fn(&(dyn Error + 'static)) -> Option<ErrorClass> + Send + Sync;

/// The registered error types.
#[derive(Clone, Default)]
pub(crate) struct Classifiers {
    /// In the order of their registration.
    classes: Vec<Arc<Classifier>>,
    inner: Vec<InnerOf>,
}

impl Classifiers {
    /// Adds a classifier. For an error type that has one already, the first one counts.
    pub(crate) fn add<E: Error + 'static>(&mut self, classify: impl Fn(&E) -> ErrorClass + Send + Sync + 'static) {
        self.classes.push(Arc::new(move |error: &(dyn Error + 'static)| error.downcast_ref().map(&classify)));
    }

    /// Adds the error types that classify themselves. Those of [`add`](Self::add) take precedence.
    pub(crate) fn add_derived(&mut self, types: impl Iterator<Item = (ClassOf, Option<InnerOf>)>) {
        for (class_of, inner_of) in types {
            self.classes.push(Arc::new(class_of));
            self.inner.extend(inner_of);
        }
    }

    /// What to do after an error: what the handler stated, else what is registered for the outermost error of a
    /// registered type, else another attempt.
    pub(crate) fn class(&self, error: &HandlerError) -> ErrorClass {
        let registered =
            || self.chain(error).find_map(|error| self.classes.iter().find_map(|classify| classify(error)));
        error.stated().or_else(registered).unwrap_or(ErrorClass::Retryable)
    }

    /// The error and its sources, with those that an error hides.
    fn chain<'a>(&self, error: &'a HandlerError) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
        let inner = |error| self.inner.iter().find_map(|inner_of| inner_of(error));
        iter::successors(error.chain().next(), move |&error| inner(error).or_else(|| error.source()))
    }
}

/// The types that can classify themselves: all errors.
///
/// You never implement it; it exists for its compiler error.
#[diagnostic::on_unimplemented(
    message = "`Classify` cannot be derived for `{Self}`: it is not an error",
    label = "does not implement `std::error::Error`",
    note = "implement `std::error::Error` for `{Self}`, for example with `#[derive(Debug, thiserror::Error)]`"
)]
pub trait ClassifiedError: Error + 'static {}

#[diagnostic::do_not_recommend]
impl<E: Error + 'static> ClassifiedError for E {}

/// The class of an error of type `E` by what `#[derive(Classify)]` generates; `None` for errors of other types.
pub fn class_of<E: ClassifiedError>(
    error: &(dyn Error + 'static),
    class: fn(&E) -> Option<ErrorClass>,
) -> Option<ErrorClass> {
    error.downcast_ref().and_then(class)
}

/// The error in an error of type `E` by what `#[derive(Classify)]` generates; `None` for errors of other types.
pub fn inner_of<'a, E: ClassifiedError>(
    error: &'a (dyn Error + 'static),
    inner: fn(&'a E) -> Option<&'a (dyn Error + 'static)>,
) -> Option<&'a (dyn Error + 'static)> {
    error.downcast_ref().and_then(inner)
}

impl fmt::Debug for Classifiers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Classifiers").field(&self.classes.len()).finish()
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
