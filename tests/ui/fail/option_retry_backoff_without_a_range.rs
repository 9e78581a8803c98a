// A backoff grows from one pause to another.
use kafka_service::command;

#[command("create_order", retry(backoff = "5s"))]
async fn create_order() {}

fn main() {}
