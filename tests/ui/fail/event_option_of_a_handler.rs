// Handlers have a retry policy, events do not.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event("user.created", retry(attempts = 3))]
struct UserCreated {
    id: u32,
}

fn main() {}
