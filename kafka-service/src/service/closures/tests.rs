use std::time::Duration;

use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use super::*;
use crate::{
    config::{Brokers, Config},
    error::Error,
    handler::{ExtraFields, Failure, HandlerError, Headers, State, States},
    publisher::{MessageContext, testing::with_message},
    registry::Kind,
};

#[derive(Deserialize)]
struct Greet {
    name: String,
}

#[derive(Serialize, kafka_service_macros::Event)]
#[event("user.greeted", key = text, crate = crate)]
struct Greeted {
    text: String,
}

fn service() -> KafkaService {
    let mut config = Config::new("closures");
    config.bootstrap_servers = Brokers::Disabled;
    KafkaService::new(config)
}

fn greeting(service: KafkaService) -> KafkaService {
    service.on_command("greet", |context: MessageContext, Greet { name }: Greet| async move {
        let greeting: String = context.state()?;
        Ok::<_, HandlerError>(Greeted { text: format!("{greeting}, {name}!") })
    })
}

/// The events of a call, or why there are none.
fn call(handler: &Handler, payload: &str, states: &States) -> Result<Vec<String>, String> {
    let future =
        with_message(payload, states, |context| (handler.invoke)(context)).map_err(|failure| match failure {
            Failure::Decode(error) => format!("decode: {error}"),
            Failure::Extract(error) => format!("extract: {error}"),
        })?;
    let events = future.now_or_never().expect("it waits for nothing").map_err(|error| error.to_string())?;
    let text = |payload: &[u8]| String::from_utf8(payload.to_vec()).unwrap();
    Ok(events.iter().map(|event| format!("{} {}", event.event_type, text(event.payload))).collect())
}

async fn problems(service: KafkaService) -> Vec<String> {
    match service.start().await {
        Ok(_) => Vec::new(),
        Err(Error::Start(problems)) => problems,
        Err(other) => vec![format!("another error: {other}")],
    }
}

#[test]
fn a_closure_is_called_like_a_function() {
    let service = greeting(service());
    let handler = service.added[0];
    let mut states = States::default();
    let missing = call(handler, r#"{"name":"Ada"}"#, &states).unwrap_err();
    assert!(missing.starts_with("state `alloc::string::String` was never provided"), "{missing}");
    states.insert(String::from("Hello"));
    assert_eq!(call(handler, r#"{"name":"Ada"}"#, &states).unwrap(), [r#"user.greeted {"text":"Hello, Ada!"}"#]);
    assert!(call(handler, "{}", &states).unwrap_err().starts_with("decode: "));
}

#[test]
fn a_closure_is_described_by_its_types_and_source_line() {
    let line = line!() + 1;
    let service = greeting(service()).on_event("payment.settled", |_: MessageContext, _: Greet| async {});
    let [command, event] = service.added[..] else { panic!("two were added") };
    assert_eq!(
        (command.kind, command.name, event.kind, event.name),
        (Kind::Command, "greet", Kind::Event, "payment.settled")
    );
    assert_eq!(event.location().to_string(), format!("`closure` ({}:{line})", file!()));
    let description = command.description();
    assert!(description.payload.ends_with("::Greet") && description.needs.states.is_empty());
    let event_types: Vec<_> = description.event_types.iter().map(|event| event.name).collect();
    assert_eq!(event_types, ["user.greeted"]);
    assert!(event.description().event_types.is_empty());
}

#[tokio::test]
async fn a_name_taken_by_an_attribute_is_rejected_with_both_lines() {
    let line = line!() + 1;
    let service = service().on_command("test_ping", |_: MessageContext, _: Greet| async {});
    // `test_ping` is in `handler/expansion_tests.rs`.
    let problems = problems(service).await;
    let twice = problems.iter().find(|problem| problem.contains("registered twice")).expect("it is named");
    assert!(twice.contains("expansion_tests::ping"), "{twice}");
    assert!(twice.contains(&format!("`closure` ({}:{line})", file!())), "{twice}");
}

#[tokio::test]
async fn an_invalid_handler_name_is_rejected_at_start() {
    let line = line!() + 1;
    let service = service().on_event("two words", |_: MessageContext, _: Greet| async {}).state(String::new());
    assert_eq!(
        problems(service).await,
        [format!(
            "the name of event `two words` (`closure`, {}:{line}) contains ` `\n  \
             help: use 1 to 200 ASCII letters, digits, `_`, `-` and `.`",
            file!()
        )]
    );
}

#[test]
fn a_closure_has_the_extractors_of_a_function() {
    type Extracted = (State<String>, Headers, ExtraFields, MessageContext);
    let service = service().on_command(
        "greet",
        |(State(greeting), headers, _, context): Extracted, Greet { name }: Greet| async move {
            let trace = headers.get_str("trace").unwrap_or_default();
            Greeted { text: format!("{greeting}, {name}: {trace} at {}", context.meta().offset()) }
        },
    );
    let handler = service.added[0];
    assert_eq!(handler.description().needs.states.len(), 1);
    let mut states = States::default();
    states.insert(String::from("Hello"));
    let events = call(handler, r#"{"name":"Ada"}"#, &states).unwrap();
    assert_eq!(events, [r#"user.greeted {"text":"Hello, Ada: t-1 at 42"}"#]);
}

#[tokio::test]
async fn a_state_that_a_closure_needs_is_checked_at_start() {
    let service = service().state(String::new()).on_command("count", |_: State<u8>, _: Greet| async {});
    let [problem] = problems(service).await.try_into().expect("one problem");
    assert!(problem.starts_with("state `u8` was never provided, but is needed by\n  command `count`"), "{problem}");
}

#[test]
fn a_closure_has_the_options_of_an_attribute() {
    let seconds = Duration::from_secs;
    let options = HandlerOptions::new("print").topic("printing").timeout(seconds(30)).attempts(3);
    let options = options.backoff(seconds(1), seconds(5)).retry_deadline(seconds(60));
    let service = service().on_command(options, |_: MessageContext, _: Greet| async {});
    let Handler { name, topic, timeout, retry, .. } = service.added[0];
    assert_eq!((*name, *topic, *timeout), ("print", Some("printing"), Some(seconds(30))));
    assert_eq!((retry.attempts, retry.deadline), (Some(3), Some(seconds(60))));
    assert_eq!(retry.backoff, Some((seconds(1), seconds(5))));
}

#[test]
fn the_options_of_a_closure_say_which_errors_are_permanent() {
    let options = HandlerOptions::new("parse")
        .permanent(|error: &std::num::ParseIntError| *error.kind() == std::num::IntErrorKind::InvalidDigit);
    let service = service()
        .on_command(options, |_: MessageContext, Greet { name }: Greet| async move { name.parse::<u8>().map(drop) });
    let is_permanent = |payload| {
        let invoked = with_message(payload, &States::default(), |context| (service.added[0].invoke)(context));
        let Ok(future) = invoked else { panic!("it is called") };
        future.now_or_never().expect("it waits for nothing").unwrap_err().is_permanent()
    };
    assert!(is_permanent(r#"{"name":"x"}"#) && !is_permanent(r#"{"name":"300"}"#));
}

#[tokio::test]
async fn options_that_are_not_allowed_are_rejected_at_start() {
    let (zero, second) = (Duration::ZERO, Duration::from_secs(1));
    let options = HandlerOptions::new("print").topic("no topic").timeout(zero).attempts(0).backoff(second * 2, second);
    let line = line!() + 1;
    let service = service().state(String::new()).on_command(options, |_: MessageContext, _: Greet| async {});
    let problems = problems(service).await;
    let expected = [
        "has 0 as its number of attempts\n  help: use 1 to 1000 attempts; 1 disables retries",
        "has the timeout `0ns`\n  help: use a duration greater than zero and at most 720 hours",
        "has an initial backoff of `2s`, which exceeds its maximum backoff `1s`\n  help: swap the two",
        "names a topic that contains ` `: a topic name has 1 to 249 characters",
    ];
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, expected) in problems.iter().zip(expected) {
        let place = format!("command `print` (`closure`, {}:{line}) {expected}", file!());
        assert!(problem.starts_with(&place), "{place} is not {problem}");
    }
}
