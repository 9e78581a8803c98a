// Event types consist of ASCII letters, digits, `_`, `-` and `.`.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event("user created")]
struct UserCreated {
    id: u32,
}

fn main() {}
