// Kafka rejects such a topic name.
use kafka_service::Command;

#[derive(Command)]
#[command("create_user", topic = "my users")]
struct CreateUser {
    name: String,
}

fn main() {}
