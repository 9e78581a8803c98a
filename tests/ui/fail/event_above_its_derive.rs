// The compiler answers this one: above the derive the attribute is not the derive's yet.
use kafka_service::{Event, event};

#[event("user.created")]
#[derive(serde::Serialize, Event)]
struct UserCreated {
    name: String,
}

fn main() {}
