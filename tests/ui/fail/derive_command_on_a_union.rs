// A union cannot be decoded.
use kafka_service::Command;

#[derive(Command)]
#[command("create_user")]
union CreateUser {
    name: u8,
    number: i8,
}

fn main() {}
