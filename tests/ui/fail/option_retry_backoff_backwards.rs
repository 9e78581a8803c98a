// The initial backoff exceeds the maximum.
use kafka_service::command;

#[command("create_order", retry(backoff = "5s..100ms"))]
async fn create_order() {}

fn main() {}
