// The event type must be a string.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event(created)]
struct UserCreated {
    id: u32,
}

fn main() {}
