//! Publishes an event, to see whether the services that subscribe to it react.
//!
//! `cargo run --bin publish -- entity.created '{"id": "test-123", "name": "Test Entity"}'`
//!
//! Reads the `KAFKA_*` variables of a service; above all `KAFKA_BOOTSTRAP_SERVERS` and `KAFKA_EVENTS_TOPIC`.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::{process::ExitCode, time::Duration};

use example_guide::{arguments, brokers, exit_code};
use kafka_service::{Config, Publisher};
use kafka_service_examples::Problem;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code("publish", publish().await)
}

async fn publish() -> Result<(), Problem> {
    let (event_type, payload) = arguments("publish <event type> '<json payload>'")?;
    let config = Config::from_env()?;
    brokers(&config)?;
    let topic = config.events_topic.clone();
    let publisher = Publisher::connect(config).await?;
    publisher.publish_event(&event_type, &payload).timeout(Duration::from_secs(10)).await?;
    println!("published {event_type} to {topic}");
    Ok(())
}
