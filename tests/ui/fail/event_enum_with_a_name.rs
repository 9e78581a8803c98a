// Each variant of an enum is an event.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event("user.changed")]
enum UserChanged {
    #[event("user.renamed")]
    Renamed,
}

fn main() {}
