// Retries without a pause would be a storm.
use kafka_service::command;

#[command("create_order", retry(backoff = "0s..1s"))]
async fn create_order() {}

fn main() {}
