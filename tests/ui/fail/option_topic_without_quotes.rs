// A topic must be a string literal.
use kafka_service::command;

#[command("create_order", topic = orders)]
async fn create_order() {}

fn main() {}
