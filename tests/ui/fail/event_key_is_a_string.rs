// The key is a field, not a string.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event("user.created", key = "id")]
struct UserCreated {
    id: u32,
}

fn main() {}
