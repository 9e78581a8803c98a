// Without the derive, the attribute is the one for handlers.
use kafka_service::command;

#[command("create_user", reply = UserCreated)]
struct CreateUser {
    name: String,
}

fn main() {}
