//! Runs what `#[derive(Classify)]` generates: error types register themselves, and are asked after the application.

use std::time::Duration;

use super::*;
use crate::{
    handler::{Outcome, outcome, outcome_with},
    registry::error_types,
};

#[derive(Debug, thiserror::Error, kafka_service_macros::Classify)]
#[classify(crate = crate)]
enum UserError {
    #[error("the name `{name}` is taken")]
    #[permanent]
    NameTaken { name: &'static str },
    #[error("too many at once")]
    #[retry_after("1m30s")]
    TooMany(u8),
    #[error("busy")]
    #[retryable]
    Busy(#[source] Gone),
    #[error(transparent)]
    Gone(#[from] Gone),
    #[error(transparent)]
    #[retryable]
    GoneForNow { source: Gone },
    #[error(transparent)]
    Unknown(Box<dyn Error + Send + Sync>),
    #[error("offline")]
    Offline(#[from] fmt::Error),
}

#[derive(Debug, thiserror::Error, kafka_service_macros::Classify)]
#[classify(crate = crate)]
#[error("gone")]
#[permanent]
struct Gone;

/// All are permanent but one.
#[derive(Debug, thiserror::Error, kafka_service_macros::Classify)]
#[classify(crate = crate)]
#[permanent]
enum Refusal {
    #[error("late")]
    Late,
    #[error("early")]
    #[retry_after("1h")]
    Early,
}

#[derive(Debug, thiserror::Error)]
#[error("cannot create the user")]
struct Wrapped(#[source] UserError);

const TAKEN: UserError = UserError::NameTaken { name: "Ada" };
const SECOND: ErrorClass = ErrorClass::RetryAfter(Duration::from_secs(1));

fn class_of(error: impl Into<HandlerError>) -> ErrorClass {
    let mut classifiers = Classifiers::default();
    classifiers.add_derived(error_types());
    classifiers.class(&error.into())
}

fn failed(outcome: Outcome) -> HandlerError {
    outcome.unwrap_err()
}

#[test]
fn a_variant_has_its_own_class() {
    assert_eq!(class_of(TAKEN), ErrorClass::Permanent);
    assert_eq!(class_of(UserError::TooMany(3)), ErrorClass::RetryAfter(Duration::from_secs(90)));
    assert_eq!(class_of(failed(outcome(Err::<(), _>(TAKEN)))), ErrorClass::Permanent);
}

#[test]
fn a_type_has_a_class_that_variants_override() {
    assert_eq!(class_of(Gone), ErrorClass::Permanent);
    assert_eq!(class_of(Refusal::Late), ErrorClass::Permanent);
    assert_eq!(class_of(Refusal::Early), ErrorClass::RetryAfter(Duration::from_secs(3600)));
}

#[test]
fn a_variant_without_a_class_leaves_it_to_its_source() {
    assert_eq!(class_of(UserError::Gone(Gone)), ErrorClass::Permanent, "although `transparent` hides it");
    assert_eq!(class_of(UserError::GoneForNow { source: Gone }), ErrorClass::Retryable);
    assert_eq!(class_of(UserError::Unknown("what?".into())), ErrorClass::Retryable);
    assert_eq!(class_of(UserError::Offline(fmt::Error)), ErrorClass::Retryable);
    assert_eq!(class_of(UserError::Busy(Gone)), ErrorClass::Retryable, "it has a class of its own");
    assert_eq!(class_of(Wrapped(TAKEN)), ErrorClass::Permanent, "a wrapper without a class");
}

#[test]
fn the_place_of_the_error_then_classify_then_the_derive_decide() {
    let mut classifiers = Classifiers::default();
    classifiers.add(|_: &UserError| SECOND);
    classifiers.add_derived(error_types());
    let class_of = |error: HandlerError| classifiers.class(&error);
    assert_eq!(class_of(HandlerError::new(TAKEN).retry_after(Duration::ZERO)), ErrorClass::RetryAfter(Duration::ZERO));
    assert_eq!(class_of(TAKEN.into()), SECOND);
    assert_eq!(class_of(UserError::Busy(Gone).into()), SECOND);
    assert_eq!(class_of(Gone.into()), ErrorClass::Permanent);
    let by_the_handler = outcome_with(Err::<(), _>(TAKEN), |_| true);
    assert_eq!(class_of(failed(by_the_handler)), ErrorClass::Permanent);
}

#[test]
fn the_outermost_error_with_a_class_decides() {
    let mut classifiers = Classifiers::default();
    classifiers.add(|_: &Gone| SECOND);
    classifiers.add_derived(error_types());
    let class_of = |error: HandlerError| classifiers.class(&error);
    assert_eq!(class_of(UserError::Busy(Gone).into()), ErrorClass::Retryable, "although `classify` knows its source");
    assert_eq!(class_of(UserError::Gone(Gone).into()), SECOND);
}
