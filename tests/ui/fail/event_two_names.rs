// A struct is one event.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event("user.created")]
#[event("user.made")]
struct UserCreated {
    id: u32,
}

fn main() {}
