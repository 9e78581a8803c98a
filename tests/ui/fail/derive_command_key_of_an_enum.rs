// The variants of an enum have no common field.
use kafka_service::Command;

#[derive(Command)]
#[command("change_user", key = name)]
enum ChangeUser {
    Create { name: String },
    Remove { name: String },
}

fn main() {}
