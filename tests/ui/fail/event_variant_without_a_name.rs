// Each variant of an enum is an event.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
enum UserChanged {
    #[event("user.renamed")]
    Renamed,
    Deleted,
}

fn main() {}
