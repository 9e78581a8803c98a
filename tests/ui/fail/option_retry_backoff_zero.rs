// Retrying without a pause would cause a retry storm.
use kafka_service::command;

#[command("create_order", retry(backoff = "0s..1s"))]
async fn create_order() {}

fn main() {}
