// A range of durations is not a Rust expression.
use kafka_service::command;

#[command("create_order", retry(backoff = 100ms..5s))]
async fn create_order() {}

fn main() {}
