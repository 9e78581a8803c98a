// Two variants with one event type could not be distinguished.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
enum UserChanged {
    #[event("user.changed")]
    Renamed,
    #[event("user.changed")]
    Moved,
}

fn main() {}
