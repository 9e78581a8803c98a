// Names are part of logs and headers.
use kafka_service::Command;

#[derive(Command)]
#[command("create user")]
struct CreateUser {
    name: String,
}

fn main() {}
