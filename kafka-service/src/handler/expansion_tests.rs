//! Runs what the attribute macros generate: handlers are registered, found and called.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Command, CorrelationId, Failure, HandlerFuture, Outcome, State, States, testing::with_message};
use crate::registry::{self, Handler, Kind, Registry, RetryOptions};

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
    assert_ne!(greet.name, "no one", "cannot greet no one");
    vec![Greeted { name: greet.name }]
}

#[kafka_service_macros::command("test_ping", crate = crate)]
async fn ping() {}

#[derive(Deserialize, kafka_service_macros::Command)]
#[command("test_pay", key = order.number, reply = Option<Paid>, topic = "test.money", crate = crate)]
struct Pay {
    order: Order,
}

#[derive(Deserialize)]
struct Order {
    number: u64,
}

#[derive(Serialize, Deserialize, kafka_service_macros::Event)]
#[event("test.paid", crate = crate)]
struct Paid {
    order: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("refused")]
struct Refused {
    for_ever: bool,
}

impl Refused {
    fn is_final(&self) -> bool {
        self.for_ever
    }
}

#[kafka_service_macros::command(
    retry(attempts = 3, backoff = "100ms..5s", deadline = "2m"), timeout = "30s", permanent = Refused::is_final, crate = crate
)]
async fn pay(pay: Pay) -> Result<Paid, Refused> {
    match pay.order.number {
        0 => Err(Refused { for_ever: true }),
        1 => Err(Refused { for_ever: false }),
        order => Ok(Paid { order }),
    }
}

#[kafka_service_macros::command("test_pay_elsewhere", topic = "test.elsewhere", retry(attempts = 1), crate = crate)]
fn pay_elsewhere(_: Greet) {}

/// Takes the event type from the payload, as a command takes its name.
#[kafka_service_macros::event(timeout = "1m30s", crate = crate)]
async fn on_paid(paid: Paid) {
    assert_eq!(paid.order, 7);
}

#[kafka_service_macros::event("test.greeted", crate = crate)]
fn on_greeted(greet: Greet) -> Greeted {
    Greeted { name: greet.name }
}

fn handler_of(kind: Kind, name: &str) -> &'static Handler {
    Registry::from_handlers(registry::linked()).unwrap().get(kind, name).unwrap()
}

fn handler(name: &str) -> &'static Handler {
    handler_of(Kind::Command, name)
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
    assert_eq!(description.needs.states.len(), 1);
    assert_eq!(handler("test_ping").description().payload, "");
}

#[tokio::test]
async fn an_async_handler_returns_its_events() {
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
    let future = invoke("test_blocking", r#"{"name":"no one"}"#).unwrap();
    let error = tokio::spawn(future).await.unwrap_err();
    let panic = error.into_panic().downcast::<String>().unwrap();
    assert!(panic.contains("cannot greet no one"), "{panic}");
}

#[tokio::test]
async fn a_handler_without_arguments_takes_any_payload() {
    assert!(events(invoke("test_ping", "[1, 2]").unwrap().await).is_empty());
}

#[test]
fn a_failed_call_names_the_reason() {
    let error = invoke("test_greet", "{}").err().unwrap();
    assert!(
        matches!(&error, Failure::Decode(error) if error.to_string().contains("missing field `name`")),
        "{error:?}"
    );
    let no_states = States::default();
    let error = with_message("{}", &no_states, |context| (handler("test_greet").invoke)(context)).err().unwrap();
    assert!(matches!(&error, Failure::Extract(error) if error.to_string().contains("String")), "{error:?}");
}

#[test]
fn a_command_type_has_its_name_topic_key_and_reply() {
    assert_eq!((Pay::NAME, Pay::TOPIC), ("test_pay", Some("test.money")));
    assert_eq!(Pay { order: Order { number: 5 } }.key().unwrap().to_string(), "5");
    let description = handler("test_pay").description();
    let replies: Vec<_> = description.replies.iter().map(|reply| reply.name).collect();
    assert_eq!((description.command, replies), (Some("test_pay"), vec!["test.paid"]));
}

#[test]
fn options_reach_the_registration() {
    let pay = handler("test_pay");
    assert_eq!((pay.topic, pay.timeout), (Some("test.money"), Some(Duration::from_secs(30))));
    let backoff = Some((Duration::from_millis(100), Duration::from_secs(5)));
    assert_eq!(pay.retry, RetryOptions { attempts: Some(3), backoff, deadline: Some(Duration::from_secs(120)) });
    let elsewhere = handler("test_pay_elsewhere");
    assert_eq!((elsewhere.topic, elsewhere.timeout), (Some("test.elsewhere"), None));
    assert_eq!(elsewhere.retry, RetryOptions { attempts: Some(1), ..RetryOptions::default() });
    let ping = handler("test_ping");
    assert_eq!((ping.topic, ping.timeout, ping.retry), (None, None, RetryOptions::default()));
}

#[tokio::test]
async fn a_handler_decides_which_of_its_errors_are_permanent() {
    let call = async |number: u64| {
        let payload = format!(r#"{{"order":{{"number":{number}}}}}"#);
        invoke("test_pay", &payload).unwrap().await
    };
    assert!(call(0).await.unwrap_err().is_permanent());
    assert!(!call(1).await.unwrap_err().is_permanent());
    assert_eq!(events(call(7).await), [r#"test.paid {"order":7}"#]);
}

#[tokio::test]
async fn handlers_of_events_are_called_like_those_of_commands() {
    let paid = handler_of(Kind::Event, "test.paid");
    assert_eq!((paid.function, paid.blocking, paid.timeout), ("on_paid", false, Some(Duration::from_secs(90))));
    let future = with_message(r#"{"order":7}"#, &states(), |context| (paid.invoke)(context)).unwrap();
    assert!(events(future.await).is_empty());
    let greeted = handler_of(Kind::Event, "test.greeted");
    let future = with_message(r#"{"name":"Ada"}"#, &states(), |context| (greeted.invoke)(context)).unwrap();
    assert!(greeted.blocking);
    assert_eq!(events(future.await), [r#"test.greeted {"name":"Ada"}"#]);
}
