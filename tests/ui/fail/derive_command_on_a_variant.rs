// An enum is one command.
use kafka_service::Command;

#[derive(Command)]
#[command("change_user")]
enum ChangeUser {
    #[command("create_user")]
    Create,
    Remove,
}

fn main() {}
