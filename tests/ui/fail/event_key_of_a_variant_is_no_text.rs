// A key must implement `Display`.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
enum Answer {
    #[event("user.created", key = id)]
    Created { id: Vec<u32> },
}

fn main() {}
