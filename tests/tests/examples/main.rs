//! The programs of `examples/`, run as users run them.

use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use kafka_service::dead_letter;
use kafka_service_tests::{Kafka, Line, Process, cargo_binary, unique};
use serde_json::{Value, json};

mod web;

const MINUTE: Duration = Duration::from_secs(60);

/// A program of `examples/`.
fn small(name: &str) -> Command {
    program("kafka-service-examples", name)
}

/// A program of `examples/guide/`.
fn guide(name: &str) -> Command {
    program("example-guide", name)
}

fn program(package: &str, name: &str) -> Command {
    let mut program = Command::new(cargo_binary(package, name));
    // Keep the environment of the test run away from the program.
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("KAFKA_") {
            program.env_remove(variable);
        }
    }
    program.env("NO_COLOR", "1").env_remove("RUST_LOG");
    program
}

/// The exit code, and the lines of standard output.
fn run(command: Command) -> (Option<i32>, Vec<String>, Process) {
    let mut process = Process::start(command);
    let code = process.wait(MINUTE).code();
    let printed = |line: Line| (!line.stderr).then_some(line.text);
    (code, process.lines().into_iter().filter_map(printed).collect(), process)
}

/// An address without a listener.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

#[test]
fn the_quickstart_prints_its_records_and_ends_in_three_seconds() {
    let mut took = Vec::new();
    // One success is enough; the machine may be busy.
    while took.iter().all(|took| *took > Duration::from_secs(3)) {
        assert!(took.len() < 3, "never ended within three seconds: {took:?}");
        let command = small("quickstart");
        let start = Instant::now();
        let (code, printed, process) = run(command);
        took.push(start.elapsed());
        assert_eq!(code, Some(0));
        let text = printed.join("\n");
        assert!(text.contains(r#""type":"user.created","correlation_id":"c-1""#), "{text}");
        assert!(text.contains("Hello, Ada!"), "{text}");
        assert!(text.contains(r#""nom""#) && text.contains("missing field `name`"), "{text}");
        assert!(text.contains("charge_card") && text.contains("the bank does not answer"), "{text}");
        assert_eq!(printed.iter().filter(|line| line.contains("because")).count(), 2, "{text}");
        let log = process.output();
        let unknown = log.lines().find(|line| line.contains("no handler for command")).expect("a warning");
        assert!(unknown.contains("create_usr") && unknown.contains(r#""create_user""#), "{log}");
        assert!(
            log.contains(r#"name="create_user" handler=`quickstart::create_user` (examples/src/bin/quickstart.rs:"#),
            "{log}"
        );
    }
}

/// Runs a program that ends by itself; what it printed.
fn printed(program: Command) -> String {
    let (code, printed, process) = run(program);
    assert_eq!(code, Some(0), "{}", process.output());
    printed.join("\n")
}

#[test]
fn events_are_returned_and_reacted_to() {
    let text = printed(small("events"));
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().take(2).collect()).collect();
    for expected in ["payment.accepted", "receipt.requested", "parcel.packed"] {
        assert!(lines.contains(&vec!["c-1", expected]), "{text}");
    }
    assert!(lines.contains(&vec!["c-2", "payment.refused"]) && lines.len() == 4, "{text}");
}

#[test]
fn errors_are_retried_or_not_and_end_in_dead_letters() {
    let text = printed(small("errors"));
    let has = |line: &str| text.lines().any(|printed| printed == line);
    assert!(has("busy: attempt 3") && text.contains(r#"busy: event {"type":"card.charged""#), "{text}");
    assert!(has("blocked: dead letter after 1 of 3 attempts, permanent-error: the card is blocked"), "{text}");
    assert!(text.contains("valid: dead letter after 1 of 3 attempts, permanent-error: invalid digit"), "{text}");
    assert!(has("unreachable: dead letter after 3 of 3 attempts, handler-error: the bank does not answer"), "{text}");
}

#[test]
fn extractors_give_states_and_a_tenant_or_refuse() {
    let text = printed(small("extractors"));
    assert!(text.contains(r#""created_by":"extractors","name":"Bob","number":2,"tenant":"globex""#), "{text}");
    assert!(text.ends_with("dead letter  `evil` is not a tenant"), "{text}");
}

#[test]
fn handlers_of_another_crate_are_linked() {
    assert!(printed(small("linked")).contains("Hello, Ada!"));
}

/// The guide's service with its own topics, and the environment for its tools.
struct Guide {
    kafka: &'static Kafka,
    environment: Vec<(&'static str, String)>,
}

impl Guide {
    fn new() -> Option<Self> {
        let kafka = Kafka::shared()?;
        let environment = vec![
            ("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap().to_owned()),
            ("KAFKA_COMMANDS_TOPIC", unique("guide-commands")),
            ("KAFKA_EVENTS_TOPIC", unique("guide-events")),
        ];
        Some(Self { kafka, environment })
    }

    fn program(&self, name: &str) -> Command {
        let mut program = guide(name);
        program.envs(self.environment.iter().map(|(name, value)| (*name, value)));
        program
    }

    fn topic(&self, variable: &str) -> &str {
        let found = self.environment.iter().find(|(name, _)| *name == variable);
        found.map_or("", |(_, value)| value)
    }

    fn start(&self) -> Process {
        let mut service = self.program("guide");
        service.env("KAFKA_CREATE_TOPICS", "true").env("KAFKA_SERVICE_NAME", unique("guide"));
        service.env("EXAMPLE_EVERY_SECONDS", "1");
        let mut service = Process::start(service);
        service.wait_for_line(MINUTE, "partitions assigned");
        service
    }
}

#[test]
fn the_guides_service_answers_its_tools_and_ends_at_sigterm() {
    let Some(guide) = Guide::new() else { return };
    let mut service = guide.start();
    let mut watch = Process::start(guide.program("watch"));
    watch.wait_for_line(MINUTE, "watching");

    let mut send = guide.program("send");
    send.args(["example_command", r#"{"name": "test"}"#]);
    let (code, printed, _) = run(send);
    assert_eq!((code, printed.len()), (Some(0), 1));
    let answer: Value = serde_json::from_str(&printed[0]).expect("the event as JSON");
    assert_eq!(
        (&answer["type"], &answer["payload"]["status"]),
        (&json!("example.command_processed"), &json!("success"))
    );
    watch.wait_for_line(MINUTE, answer["correlation_id"].as_str().expect("a correlation id"));
    // Published outside a handler, once per second.
    watch.wait_for_line(MINUTE, "example.created");

    let mut publish = guide.program("publish");
    publish.args(["entity.created", r#"{"id": "test-123"}"#]);
    assert_eq!(run(publish).0, Some(0));
    let event = watch.wait_for_line(MINUTE, "entity.created");
    assert!(event.contains("test-123"), "{event}");

    service.terminate();
    assert_eq!(service.wait(MINUTE).code(), Some(0));
    let log = service.output();
    assert!(log.contains(r#"name="example_command" handler=`guide::example_command`"#), "{log}");
}

#[test]
fn a_command_without_an_answer_makes_send_fail_with_the_reason() {
    let Some(guide) = Guide::new() else { return };
    let mut service = guide.start();
    let failing = |arguments: &[&str]| {
        let mut send = guide.program("send");
        send.args(arguments).env("SEND_TIMEOUT_SECONDS", "2");
        let (code, printed, process) = run(send);
        assert_eq!((code, printed.len()), (Some(1), 0));
        process.output()
    };
    let bad_payload = failing(&["example_command", r#""no object""#]);
    assert!(bad_payload.contains("-dlq") && bad_payload.contains("expected a map"), "{bad_payload}");
    let dead = guide.kafka.read_all(&format!("{}-dlq", guide.topic("KAFKA_COMMANDS_TOPIC")));
    assert_eq!(dead[0].header(dead_letter::ERROR_CLASS), Some("undecodable-payload"));
    let unknown = failing(&["example_comand"]);
    assert!(unknown.contains("no event with correlation id") && unknown.contains("within 2 s"), "{unknown}");
    let no_json = failing(&["example_command", "{name: test}"]);
    assert!(no_json.contains("not JSON"), "{no_json}");
    assert!(failing(&[]).contains("usage: send <command>"));
    service.signal("INT");
    assert_eq!(service.wait(MINUTE).code(), Some(0));
}

#[test]
fn a_service_without_a_broker_ends_at_its_deadline() {
    let mut service = guide("guide");
    service.env("KAFKA_BOOTSTRAP_SERVERS", nowhere()).env("KAFKA_SHUTDOWN_DEADLINE", "1s");
    let mut service = Process::start(service);
    service.wait_for_line(MINUTE, "no broker is reachable");
    service.terminate();
    let start = Instant::now();
    let status = service.wait(MINUTE);
    // The event that is published at the start was never handed over: its caller is told, and nothing is in doubt.
    assert_eq!(status.code(), Some(0), "{}", service.output());
    assert!(
        service.output().contains("service stopped to_be_redelivered=0 in_flight=0 unacknowledged=0"),
        "{}",
        service.output()
    );
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[test]
fn a_service_without_kafka_runs_and_ends() {
    let mut service = guide("guide");
    service.env("KAFKA_BOOTSTRAP_SERVERS", "");
    let mut service = Process::start(service);
    service.wait_for_line(MINUTE, "example.created was not published");
    service.terminate();
    assert_eq!(service.wait(MINUTE).code(), Some(0));
    assert!(service.output().contains("Kafka is disabled"), "{}", service.output());
}

#[test]
fn all_invalid_variables_are_reported_at_once() {
    let mut service = guide("guide");
    service.env("KAFKA_BOOTSTRAP_SERVERS", "localhost:kafka").env("KAFKA_RETRY_ATTEMPTS", "many");
    service.env("KAFKA_HANDLER_TIMEOUT", "5").env("KAFKA_SASL_PASSWORD_FILE", "/does/not/exist");
    let (code, _, process) = run(service);
    assert_eq!(code, Some(1));
    let said = process.output();
    for name in ["BOOTSTRAP_SERVERS", "RETRY_ATTEMPTS", "HANDLER_TIMEOUT", "SASL_PASSWORD_FILE"] {
        assert!(said.contains(&format!("KAFKA_{name}")), "{name}: {said}");
    }
}
