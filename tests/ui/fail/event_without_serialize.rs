// An event must implement `Serialize`.
use kafka_service::Event;

#[derive(serde::Deserialize)]
struct CreateUser;

#[derive(Event)]
#[event("user.created")]
struct UserCreated {
    id: u32,
}

fn main() {}
