// Options do not replace the name.
use kafka_service::Command;

#[derive(Command)]
#[command(key = name)]
struct CreateUser {
    name: String,
}

fn main() {}
