// A command must have a name.
use kafka_service::Command;

#[derive(Command)]
struct CreateUser {
    name: String,
}

fn main() {}
