// A number is not a string.
use kafka_service::command;

#[command("create_order", retry(attempts = "3"))]
async fn create_order() {}

fn main() {}
