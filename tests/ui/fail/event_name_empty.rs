// An empty event type cannot be read.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event("")]
struct UserCreated {
    id: u32,
}

fn main() {}
