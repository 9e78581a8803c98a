// The compiler answers this one: above the derive the attribute is not the derive's yet.
use kafka_service::{Command, command};

#[command("create_user")]
#[derive(Command)]
struct CreateUser {
    name: String,
}

fn main() {}
