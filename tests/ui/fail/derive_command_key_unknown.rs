// The key must be a field.
use kafka_service::Command;

#[derive(Command)]
#[command("create_user", key = id)]
struct CreateUser {
    name: String,
}

fn main() {}
