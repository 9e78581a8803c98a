// A key is written as text.
use kafka_service::Command;

#[derive(Command)]
#[command("create_user", key = names)]
struct CreateUser {
    names: Vec<String>,
}

fn main() {}
