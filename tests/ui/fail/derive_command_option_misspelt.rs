// An option with a typo.
use kafka_service::Command;

#[derive(Command)]
#[command("create_user", replay = ())]
struct CreateUser {
    name: String,
}

fn main() {}
