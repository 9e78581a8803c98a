// A type is not a string.
use kafka_service::Command;

#[derive(Command)]
#[command("create_user", reply = "UserCreated")]
struct CreateUser {
    name: String,
}

struct UserCreated;

fn main() {}
