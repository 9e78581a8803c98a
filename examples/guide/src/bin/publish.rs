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
use tokio::time::timeout;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code("publish", publish().await)
}

async fn publish() -> Result<(), Problem> {
    let (event_type, payload) = arguments("publish <event type> '<json payload>'")?;
    let config = Config::from_env()?;
    let (servers, topic) = (brokers(&config)?.to_owned(), config.events_topic.clone());
    let publisher = Publisher::connect(config).await?;
    timeout(Duration::from_secs(10), publisher.publish_event(&event_type, &payload).into_future())
        .await
        .map_err(|_| format!("no acknowledgement from {servers} within 10 s"))??;
    println!("published {event_type} to {topic}");
    Ok(())
}
