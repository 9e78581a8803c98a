// A command has one name.
use kafka_service::Command;

#[derive(Command)]
#[command("create_user")]
#[command("make_user")]
struct CreateUser {
    name: String,
}

fn main() {}
