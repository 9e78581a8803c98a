// An event type must not be empty.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event("")]
struct UserCreated {
    id: u32,
}

fn main() {}
