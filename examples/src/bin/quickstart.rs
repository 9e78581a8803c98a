//! A whole service in one file, with the embedded broker: nothing to install.
//!
//! Run it: `cargo run --bin quickstart`. It handles four commands that it sends to itself, one good, one that nobody
//! knows, one that is broken and one that fails, prints what is published, and exits.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::time::Duration;

use kafka_service::{
    Config, Event, KafkaService, State, command,
    config::{Brokers, RetryPolicy},
    dead_letter,
};
use kafka_service_examples::{Problem, Reader, log, message, write};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Deserialize)]
struct CreateUser {
    name: String,
}

#[derive(Serialize, Event)]
#[event("user.created", key = name)]
struct UserCreated {
    name: String,
    greeting: String,
}

/// What the handlers share.
#[derive(Clone)]
struct Greeter(&'static str);

/// Creates a user.
#[command("create_user")]
async fn create_user(State(greeter): State<Greeter>, command: CreateUser) -> UserCreated {
    let greeting = format!("{}, {}!", greeter.0, command.name);
    UserCreated { name: command.name, greeting }
}

/// Fails, to show what becomes of a command that cannot be handled.
#[command("charge_card")]
async fn charge_card() -> Result<(), std::io::Error> {
    Err(std::io::Error::other("the bank does not answer"))
}

#[tokio::main]
async fn main() -> Result<(), Problem> {
    log();
    // A real service calls `KafkaService::from_env()`; this one brings its broker along and gives up early.
    let mut config = Config::new("quickstart");
    config.bootstrap_servers = Brokers::Embedded;
    config.retry = RetryPolicy::new(3, Duration::from_millis(10), Duration::from_millis(50));
    let service = KafkaService::new(config).state(Greeter("Hello")).start().await?;

    let bootstrap = service.bootstrap_servers().to_owned();
    tokio::task::spawn_blocking(move || talk_to(&bootstrap)).await??;
    service.shutdown().await?;
    Ok(())
}

/// What other programs do: send commands, and read what the service publishes.
fn talk_to(bootstrap: &str) -> Result<(), Problem> {
    let answers = Reader::from_now(bootstrap, &["service_events", "service_commands-dlq"])?;
    let send = |value: &str| write(bootstrap, "service_commands", "ada", value);
    send(&message("create_user", "c-1", &json!({"name": "Ada"})))?;
    send(&message("create_usr", "c-2", &json!({"name": "Bob"})))?;
    send(&message("create_user", "c-3", &json!({"nom": "Cleo"})))?;
    send(&message("charge_card", "c-4", &json!({})))?;
    for _ in 0..3 {
        let answer = answers.next(Duration::from_secs(5))?.ok_or("the service did not answer")?;
        match answer.header(dead_letter::ERROR_MESSAGE) {
            "" => println!("event        {}", answer.value),
            reason => println!("dead letter  {}\n             because {reason}", answer.value),
        }
    }
    Ok(())
}
