// Kafka rejects such a topic name.
use kafka_service::command;

#[command("create_order", topic = ".")]
async fn create_order() {}

fn main() {}
