//! A service with the topics and the message format that many Python teams write by hand: `example_command` is answered
//! with `example.command_processed`, and an `example.created` is published every few seconds from outside a handler.
//!
//! Run it: `KAFKA_BOOTSTRAP_SERVERS=localhost:9092 KAFKA_CREATE_TOPICS=true cargo run --bin guide`, or with Kafka:
//! `docker compose -f examples/guide/compose.yml up`. It runs until a signal comes (Ctrl-C).
//! Talk to it with the programs `send`, `publish` and `watch`. All settings are environment variables.

use std::{env, time::Duration};

use kafka_service::{CorrelationId, Event, KafkaService, Publisher, command};
use kafka_service_examples::log;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Any JSON object.
#[derive(Deserialize)]
#[serde(transparent)]
struct ExampleCommand(Map<String, Value>);

#[derive(Serialize, Event)]
#[event("example.command_processed")]
struct CommandProcessed {
    status: &'static str,
    result: String,
}

/// Processes an example command.
#[command("example_command")]
async fn example_command(
    CorrelationId(id): CorrelationId,
    ExampleCommand(payload): ExampleCommand,
) -> CommandProcessed {
    tracing::debug!(correlation_id = id, fields = payload.len(), "processing example command");
    CommandProcessed { status: "success", result: "Command processed successfully".to_owned() }
}

/// Publishes from outside a handler, as a business function or a web route would.
async fn create_examples(every: Duration, publisher: Publisher) {
    let mut ticks = tokio::time::interval(every);
    for number in 1_u64.. {
        ticks.tick().await;
        let payload = json!({"id": format!("example-{number}"), "name": "Example", "status": "active"});
        if let Err(error) = publisher.publish_event("example.created", payload).await {
            tracing::warn!(%error, "example.created was not published");
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), kafka_service::Error> {
    log("info");
    let every = env::var("EXAMPLE_EVERY_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(5);
    let service = KafkaService::from_env()?.start().await?;
    tokio::spawn(create_examples(Duration::from_secs(every), service.publisher()));
    service.run().await
}
