// The compiler reports this one: above the derive, the attribute does not belong to the derive yet.
use kafka_service::{Event, event};

#[event("user.created")]
#[derive(serde::Serialize, Event)]
struct UserCreated {
    name: String,
}

fn main() {}
