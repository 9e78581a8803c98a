// A caller receives events; errors are dead-lettered.
use kafka_service::Command;

#[derive(Command)]
#[command("create_user", reply = Result<UserCreated, String>)]
struct CreateUser {
    name: String,
}

#[derive(serde::Serialize, kafka_service::Event)]
#[event("user.created")]
struct UserCreated;

fn main() {}
