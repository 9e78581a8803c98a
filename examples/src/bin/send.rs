//! Sends a command and prints the event that answers it.
//!
//! `cargo run --bin send -- example_command '{"name": "test"}'`
//!
//! Exit code 0 when an event with the command's correlation id came, 1 with the reason otherwise. Reads
//! `KAFKA_BOOTSTRAP_SERVERS` (default `localhost:9092`), `KAFKA_COMMANDS_TOPIC`, `KAFKA_EVENTS_TOPIC` and
//! `SEND_TIMEOUT_SECONDS` (default 10).
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use kafka_service_examples::{Problem, Reader, arguments, bootstrap_servers, message, setting, write};

fn main() -> ExitCode {
    match send() {
        Ok(event) => {
            println!("{event}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("send: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn send() -> Result<String, Problem> {
    let (command, payload) = arguments("send <command> '<json payload>'")?;
    let bootstrap = bootstrap_servers();
    let (commands, events) =
        (setting("KAFKA_COMMANDS_TOPIC", "service_commands"), setting("KAFKA_EVENTS_TOPIC", "service_events"));
    let seconds: u64 = setting("SEND_TIMEOUT_SECONDS", "10").parse()?;
    let dead_letters = format!("{commands}-dlq");
    let reader = Reader::from_now(&bootstrap, &[&events, &dead_letters])
        .or_else(|_| Reader::from_now(&bootstrap, &[&events]))?;
    let id = uuid::Uuid::now_v7().to_string();
    write(&bootstrap, &commands, &id, &message(&command, &id, &payload))?;
    let until = Instant::now() + Duration::from_secs(seconds);
    while let Some(record) = reader.next(until.saturating_duration_since(Instant::now()))? {
        if record.json()["correlation_id"] != id.as_str() {
            continue;
        }
        return match record.header(kafka_service::dead_letter::ERROR_MESSAGE) {
            "" => Ok(record.value),
            reason => Err(format!("`{command}` went to `{dead_letters}`: {reason}").into()),
        };
    }
    Err(format!(
        "no event with correlation id {id} on `{events}` within {seconds} s; \
         is a service with a handler for `{command}` running on `{commands}` at {bootstrap}?"
    )
    .into())
}
