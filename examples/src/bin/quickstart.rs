//! A whole service in one file, with the embedded broker: nothing to install.
//!
//! Run it: `cargo run --bin quickstart`. It sends itself four commands, a valid, an unknown, a malformed and a failing one,
//! prints what is published, and exits.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::time::Duration;

use kafka_service::{
    Config, Event, KafkaService, State, command,
    config::{Brokers, RetryPolicy},
    dead_letter,
};
use kafka_service_examples::{Problem, Reader, log};
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
    log("info");
    // A real service calls `KafkaService::from_env()`; this one brings its broker along and gives up early.
    let retry = RetryPolicy::new(3, Duration::from_millis(10), Duration::from_millis(50));
    let config = Config::new("quickstart").bootstrap_servers(Brokers::Embedded).retry(retry);
    let service = KafkaService::new(config).state(Greeter("Hello")).start().await?;

    // What other programs do: send commands, and read what the service publishes.
    let answers = Reader::answers_of(&service).await?;
    let commands = [
        ("create_user", json!({"name": "Ada"})),
        ("create_usr", json!({"name": "Bob"})),
        ("create_user", json!({"nom": "Cleo"})),
        ("charge_card", json!({})),
    ];
    for (number, (name, payload)) in (1..).zip(commands) {
        let command = service.publisher().send_command(name, payload).correlation_id(format!("c-{number}"));
        command.key("ada").await?; // one key, so they are handled in order
    }
    for _ in 0..3 {
        let answer = answers.expect().await?;
        match answer.header(dead_letter::ERROR_MESSAGE) {
            "" => println!("event        {}", answer.value),
            reason => println!("dead letter  {}\n             because {reason}", answer.value),
        }
    }
    service.shutdown().await?;
    Ok(())
}
