// A typing error.
use kafka_service::Command;

#[derive(Command)]
#[command("create_user", replay = ())]
struct CreateUser {
    name: String,
}

fn main() {}
