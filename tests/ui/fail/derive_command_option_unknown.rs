// An option of handlers.
use kafka_service::Command;

#[derive(Command)]
#[command("create_user", timeout = "30s")]
struct CreateUser {
    name: String,
}

fn main() {}
