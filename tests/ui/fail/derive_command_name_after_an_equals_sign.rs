// The name belongs in parentheses.
use kafka_service::Command;

#[derive(Command)]
#[command = "create_user"]
struct CreateUser {
    name: String,
}

fn main() {}
