// A struct says which event it is.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event(key = id)]
struct UserCreated {
    id: u32,
}

fn main() {}
