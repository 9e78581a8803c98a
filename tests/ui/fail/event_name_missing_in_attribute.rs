// A struct must have an event type.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event(key = id)]
struct UserCreated {
    id: u32,
}

fn main() {}
