// A backoff is a range of durations.
use kafka_service::command;

#[command("create_order", retry(backoff = "5s"))]
async fn create_order() {}

fn main() {}
