//! Handlers in another crate: this program has none of its own.
//!
//! Run it: `cargo run --bin linked`. It sends a command to a handler of the crate `example-linked-handlers`, prints the
//! event that answers it, and exits.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

// Rust does not link a dependency that no code mentions, and its handlers would be missing.
use example_linked_handlers as _;
use kafka_service::{Config, KafkaService, config::Brokers};
use kafka_service_examples::{Problem, Reader, log};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Problem> {
    log("warn");
    let service = KafkaService::new(Config::new("linked").bootstrap_servers(Brokers::Embedded)).start().await?;
    let events = Reader::answers_of(&service).await?;

    service.publisher().send_command("greet", json!({"name": "Ada"})).await?;
    let event = events.expect().await?.json();
    println!("{}", event["payload"]);
    service.shutdown().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    /// Without the `use` line above, this fails and names the missing handler.
    #[test]
    fn handlers_are_linked() {
        kafka_service::testing::check_handlers().expect_commands(["greet"]).assert();
    }
}
