use thiserror::Error;

use super::*;

#[derive(Debug, Error)]
#[error("connection refused")]
struct Refused;

#[derive(Debug, Error)]
#[error("no answer from the database")]
struct NoAnswer(#[source] Refused);

#[derive(Debug, Error)]
enum OrderError {
    #[error("cannot store the order")]
    Store(#[source] NoAnswer),
    #[error("cannot store the order: {0}")]
    Verbose(#[source] NoAnswer),
}

#[test]
fn display_prints_the_whole_chain() {
    let error = HandlerError::from(OrderError::Store(NoAnswer(Refused)));
    assert_eq!(error.to_string(), "cannot store the order: no answer from the database: connection refused");
}

#[test]
fn a_cause_that_the_outer_text_repeats_is_printed_once() {
    let error = HandlerError::from(OrderError::Verbose(NoAnswer(Refused)));
    assert_eq!(error.to_string(), "cannot store the order: no answer from the database: connection refused");
}

#[test]
fn debug_names_the_class_and_the_chain() {
    let error = HandlerError::permanent(NoAnswer(Refused));
    assert_eq!(
        format!("{error:?}"),
        "HandlerError { class: Permanent, error: no answer from the database: connection refused }"
    );
}

#[test]
fn every_kind_of_error_converts_without_a_class() {
    fn fails(which: u8) -> Result<(), HandlerError> {
        match which {
            0 => Err(Refused)?,
            1 => Err("text")?,
            2 => Err(String::from("text"))?,
            3 => Err(Box::<dyn Error + Send + Sync>::from("boxed"))?,
            _ => Err(HandlerError::new("already one"))?,
        }
        Ok(())
    }
    for which in 0..5 {
        assert_eq!(fails(which).unwrap_err().stated(), None);
    }
}

#[test]
fn a_conversion_keeps_the_class() {
    fn outer(inner: Result<u8, HandlerError>) -> Result<u16, HandlerError> {
        Ok(inner?.into())
    }
    assert!(outer(Err(HandlerError::permanent("no"))).unwrap_err().is_permanent());
}

#[test]
fn results_and_errors_are_classified_in_place() {
    let pause = Duration::from_secs(3);
    let result: Result<(), _> = Err(Refused);
    assert_eq!(result.permanent().unwrap_err().stated(), Some(ErrorClass::Permanent));
    let result: Result<(), _> = Err(Refused);
    assert_eq!(result.retry_after(pause).unwrap_err().stated(), Some(ErrorClass::RetryAfter(pause)));
    assert!(HandlerError::new("no").permanent().is_permanent());
    assert_eq!(ResultExt::retry_after(HandlerError::new("no"), pause).stated(), Some(ErrorClass::RetryAfter(pause)));
    assert_eq!(HandlerError::retry_after(pause).stated(), Some(ErrorClass::RetryAfter(pause)));
    assert_eq!(HandlerError::retry_after(pause).to_string(), "retry after 3s");
}

#[test]
fn a_handler_error_crosses_threads() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<HandlerError>();
}
