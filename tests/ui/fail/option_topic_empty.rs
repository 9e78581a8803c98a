// A topic name must not be empty.
use kafka_service::command;

#[command("create_order", topic = "")]
async fn create_order() {}

fn main() {}
