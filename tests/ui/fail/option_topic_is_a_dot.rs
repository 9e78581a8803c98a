// Kafka keeps topics in folders.
use kafka_service::command;

#[command("create_order", topic = ".")]
async fn create_order() {}

fn main() {}
