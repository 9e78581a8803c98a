//! Publishes an event, as the guide's test script does: to see whether the services that subscribe to it react.
//!
//! `cargo run --bin publish -- entity.created '{"id": "test-123", "name": "Test Entity"}'`
//!
//! Reads `KAFKA_BOOTSTRAP_SERVERS` (default `localhost:9092`) and `KAFKA_EVENTS_TOPIC`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::process::ExitCode;

use kafka_service_examples::{Problem, arguments, bootstrap_servers, message, setting, write};

fn main() -> ExitCode {
    match publish() {
        Ok(event) => {
            println!("{event}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("publish: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn publish() -> Result<String, Problem> {
    let (event_type, payload) = arguments("publish <event type> '<json payload>'")?;
    let id = uuid::Uuid::now_v7().to_string();
    let event = message(&event_type, &id, &payload);
    write(&bootstrap_servers(), &setting("KAFKA_EVENTS_TOPIC", "service_events"), &id, &event)?;
    Ok(event)
}
