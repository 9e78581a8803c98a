// A key must implement `Display`.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event("user.created", key = id)]
struct UserCreated {
    id: Vec<u32>,
}

fn main() {}
