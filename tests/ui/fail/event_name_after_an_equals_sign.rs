// The event type belongs in parentheses.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event = "user.created"]
struct UserCreated {
    id: u32,
}

fn main() {}
