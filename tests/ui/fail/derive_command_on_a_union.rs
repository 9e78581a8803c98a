// A union cannot be deserialized.
use kafka_service::Command;

#[derive(Command)]
#[command("create_user")]
union CreateUser {
    name: u8,
    number: i8,
}

fn main() {}
