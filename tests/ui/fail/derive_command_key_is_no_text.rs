// A key must implement `Display`.
use kafka_service::Command;

#[derive(Command)]
#[command("create_user", key = names)]
struct CreateUser {
    names: Vec<String>,
}

fn main() {}
