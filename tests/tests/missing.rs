//! Missing states: one error at startup names each state with every handler that needs it.

use kafka_service::config::Brokers;
use kafka_service::{Config, Error, FromContext, HandlerError, KafkaService, State, command, testing};
use serde::de::IgnoredAny;

#[derive(Clone)]
struct Database;

#[derive(Clone)]
struct Mailer;

#[derive(Clone)]
struct Clock;

/// Extracted from a state, so its handlers need the state too.
struct Transaction;

impl FromContext for Transaction {
    type Needs = (State<Database>, State<Clock>);

    fn from_context(_: Self::Needs) -> Result<Self, HandlerError> {
        Ok(Self)
    }
}

#[command("store")]
async fn store(_: State<Database>, _: IgnoredAny) {}

#[command("book")]
async fn book(_: Transaction, _: State<Mailer>, _: IgnoredAny) {}

#[command("greet")]
fn greet(_: State<Mailer>, _: IgnoredAny) {}

#[command("nothing")]
async fn nothing() {}

fn service() -> KafkaService {
    let mut config = Config::new("missing");
    config.bootstrap_servers = Brokers::Disabled;
    KafkaService::new(config)
}

async fn problems(service: KafkaService) -> Vec<String> {
    match service.start().await {
        Ok(_) => Vec::new(),
        Err(Error::Start(problems)) => problems,
        Err(other) => vec![format!("unexpected error: {other}")],
    }
}

/// The line of this file that declares a handler.
fn place(function: &str) -> String {
    let declaration = format!("fn {function}(");
    let lines = include_str!("missing.rs").lines();
    let line = lines.zip(1..).find(|(line, _)| line.contains(&declaration)).expect("declared above").1;
    format!("`missing::{function}` (tests/tests/missing.rs:{line})")
}

#[tokio::test]
async fn missing_states_are_named_with_the_handlers_that_need_them() {
    let problems = problems(service().state(Clock)).await;
    let [database, mailer] = problems.as_slice() else { panic!("two states are missing: {problems:?}") };
    assert!(database.starts_with("state `missing::Database` was never provided"), "{database}");
    assert!(mailer.starts_with("state `missing::Mailer` was never provided"), "{mailer}");
    for (problem, needed_by, not_by) in [(database, ["store", "book"], "greet"), (mailer, ["greet", "book"], "store")] {
        for function in needed_by {
            assert!(problem.contains(&place(function)), "{problem}");
        }
        assert!(!problem.contains(not_by) && !problem.contains("nothing"), "{problem}");
        assert!(problem.contains(".state(value)"), "it has a remedy: {problem}");
    }
}

#[tokio::test]
async fn wrong_settings_and_wrong_handlers_are_named_in_one_error() {
    let mut config = Config::new("missing");
    config.max_in_flight = 0;
    let problems = problems(KafkaService::new(config).state(Clock)).await;
    let [settings, database, mailer] = problems.as_slice() else { panic!("three problems: {problems:?}") };
    assert!(settings.starts_with("invalid configuration: `max_in_flight` = `0`"), "{settings}");
    assert!(database.contains("missing::Database") && mailer.contains("missing::Mailer"), "{problems:?}");
}

#[test]
fn a_unit_test_finds_the_same_problems_as_startup() {
    let Err(Error::Start(problems)) = service().state(Clock).check() else { panic!("two states are missing") };
    assert_eq!(testing::check_handlers().state::<Clock>().problems(), problems);
    service().state(Clock).state(Mailer).state(Database).check().expect("all states are provided");
    testing::check_handlers().state::<Clock>().state::<Mailer>().state::<Database>().assert();
}

#[tokio::test]
async fn a_service_with_all_its_states_starts() {
    let none: [&str; 0] = [];
    assert_eq!(problems(service().state(Clock).state(Mailer).state(Database)).await, none);
}

#[tokio::test]
async fn an_invalid_configuration_is_reported_before_anything_starts() {
    let mut config = Config::new("missing");
    config.max_in_flight = 0;
    config.events_topic = "not a topic".to_owned();
    config.dead_letter_topic = Some("service_commands".to_owned());
    let service = KafkaService::new(config).state(Clock).state(Mailer).state(Database);
    let Err(Error::Config(error)) = service.start().await else { panic!("the service must not start") };
    let text = error.to_string();
    for setting in ["max_in_flight", "events_topic", "dead_letter_topic"] {
        assert!(text.contains(setting), "{text}");
    }
}
