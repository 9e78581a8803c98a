//! What the attribute macro writes, run: registered, found, called.

use serde::{Deserialize, Serialize};

use super::{CorrelationId, Failure, HandlerFuture, Outcome, State, States, testing::with_message};
use crate::registry::{self, Handler, Kind, Registry};

#[derive(Deserialize)]
struct Greet {
    name: String,
}

#[derive(Serialize, kafka_service_macros::Event)]
#[event("test.greeted", key = name, crate = crate)]
struct Greeted {
    name: String,
}

/// Greets.
///
/// Politely.
#[kafka_service_macros::command("test_greet", crate = crate)]
async fn greet(State(greeting): State<String>, id: CorrelationId, greet: Greet) -> Result<Greeted, std::fmt::Error> {
    tokio::task::yield_now().await;
    Ok(Greeted { name: format!("{greeting} {} {id}", greet.name) })
}

#[kafka_service_macros::command("test_blocking", crate = crate)]
fn blocking(greet: Greet) -> Vec<Greeted> {
    assert_ne!(greet.name, "nobody", "nobody to greet");
    vec![Greeted { name: greet.name }]
}

#[kafka_service_macros::command("test_ping", crate = crate)]
async fn ping() {}

fn handler(name: &str) -> &'static Handler {
    Registry::from_handlers(registry::linked()).unwrap().get(Kind::Command, name).unwrap()
}

fn states() -> States {
    let mut states = States::default();
    states.insert(String::from("Hello"));
    states
}

fn invoke(name: &str, payload: &str) -> Result<HandlerFuture, Failure> {
    with_message(payload, &states(), |context| (handler(name).invoke)(context))
}

fn events(outcome: Outcome) -> Vec<String> {
    let events = outcome.unwrap();
    let payload = |payload: &[u8]| String::from_utf8(payload.to_vec()).unwrap();
    events.iter().map(|event| format!("{} {}", event.event_type, payload(event.payload))).collect()
}

#[test]
fn the_registration_describes_the_function() {
    let greet = handler("test_greet");
    assert_eq!((greet.module, greet.function), (module_path!(), "greet"));
    assert!(greet.file.ends_with("expansion_tests.rs"));
    let source = include_str!("expansion_tests.rs");
    let line = source.lines().position(|line| line.starts_with("async fn greet")).unwrap() + 1;
    assert_eq!(usize::try_from(greet.line).unwrap(), line);
    assert_eq!(greet.doc, "Greets.\n\nPolitely.");
    assert!(!greet.blocking && handler("test_blocking").blocking);
    let description = greet.description();
    assert!(description.payload.ends_with("::Greet"));
    let [event] = description.event_types.as_slice() else { panic!("one event: {description:?}") };
    assert_eq!((event.name, event.rust_type), ("test.greeted", std::any::type_name::<Greeted>()));
    assert_eq!(description.needs.len(), 1);
    assert_eq!(handler("test_ping").description().payload, "");
}

#[tokio::test]
async fn an_async_handler_gives_its_events() {
    let future = invoke("test_greet", r#"{"name":"Ada"}"#).unwrap();
    assert_eq!(events(future.await), [r#"test.greeted {"name":"Hello Ada c-1"}"#]);
}

#[tokio::test]
async fn a_plain_handler_runs_on_the_blocking_pool() {
    let future = invoke("test_blocking", r#"{"name":"Ada"}"#).unwrap();
    assert_eq!(events(future.await), [r#"test.greeted {"name":"Ada"}"#]);
}

#[tokio::test]
async fn a_panic_on_the_blocking_pool_is_the_futures_panic() {
    let future = invoke("test_blocking", r#"{"name":"nobody"}"#).unwrap();
    let error = tokio::spawn(future).await.unwrap_err();
    let panic = error.into_panic().downcast::<String>().unwrap();
    assert!(panic.contains("nobody to greet"), "{panic}");
}

#[tokio::test]
async fn a_handler_without_arguments_takes_any_payload() {
    assert!(events(invoke("test_ping", "[1, 2]").unwrap().await).is_empty());
}

#[test]
fn what_cannot_be_called_says_why() {
    let error = invoke("test_greet", "{}").err().unwrap();
    assert!(
        matches!(&error, Failure::Decode(error) if error.to_string().contains("missing field `name`")),
        "{error:?}"
    );
    let no_states = States::default();
    let error = with_message("{}", &no_states, |context| (handler("test_greet").invoke)(context)).err().unwrap();
    assert!(matches!(&error, Failure::Extract(error) if error.to_string().contains("String")), "{error:?}");
}
