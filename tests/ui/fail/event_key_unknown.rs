// The key must be a field.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event("user.created", key = identity)]
struct UserCreated {
    name: String,
    identifier: u32,
}

fn main() {}
