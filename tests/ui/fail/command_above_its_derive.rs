// The compiler reports this one: above the derive, the attribute does not belong to the derive yet.
use kafka_service::{Command, command};

#[command("create_user")]
#[derive(Command)]
struct CreateUser {
    name: String,
}

fn main() {}
