//! Sends a command and prints the event that answers it.
//!
//! `cargo run --bin send -- example_command '{"name": "test"}'`
//!
//! Exit code 0 when an event with the command's correlation id came, 1 with the reason otherwise. Reads the `KAFKA_*`
//! variables of a service, above all `KAFKA_BOOTSTRAP_SERVERS`, `KAFKA_COMMANDS_TOPIC` and `KAFKA_EVENTS_TOPIC`, and
//! `SEND_TIMEOUT_SECONDS` (default 10).
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::{
    env,
    process::ExitCode,
    time::{Duration, Instant},
};

use example_guide::{arguments, brokers, exit_code};
use kafka_service::{Config, Publisher, dead_letter};
use kafka_service_examples::{Problem, Reader};

#[tokio::main]
async fn main() -> ExitCode {
    exit_code("send", send().await)
}

async fn send() -> Result<(), Problem> {
    let (command, payload) = arguments("send <command> '<json payload>'")?;
    let seconds: u64 = env::var("SEND_TIMEOUT_SECONDS").as_deref().unwrap_or("10").parse()?;
    let config = Config::from_env()?;
    let (servers, events) = (brokers(&config)?.to_owned(), config.events_topic.clone());
    let commands = config.commands_topics.first().cloned().unwrap_or_default();
    let dead_letters = config.effective_dead_letter_topic(&commands);
    // A service whose commands never failed may have no dead-letter topic.
    let reader = match Reader::from_now(&servers, &[&events, &dead_letters]).await {
        Ok(reader) => reader,
        Err(_) => Reader::from_now(&servers, &[&events]).await?,
    };
    let publisher = Publisher::connect(config).await?;

    let id = uuid::Uuid::now_v7().to_string();
    publisher.send_command(&command, &payload).correlation_id(&id).await?;
    let until = Instant::now() + Duration::from_secs(seconds);
    while let Some(record) = reader.next(until.saturating_duration_since(Instant::now())).await? {
        if record.json()["correlation_id"] != id.as_str() {
            continue;
        }
        return match record.header(dead_letter::ERROR_MESSAGE) {
            "" => {
                println!("{}", record.value);
                Ok(())
            }
            reason => Err(format!("`{command}` went to `{dead_letters}`: {reason}").into()),
        };
    }
    Err(format!(
        "no event with correlation id {id} on `{events}` within {seconds} s; \
         is a service with a handler for `{command}` running on `{commands}` at {servers}?"
    )
    .into())
}
