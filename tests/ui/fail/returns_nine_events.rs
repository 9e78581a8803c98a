// Tuples have at most eight elements.
use kafka_service::{Event, command};

#[derive(serde::Serialize, Event)]
#[event("e")]
struct E;

#[command("create_order")]
async fn create_order() -> (E, E, E, E, E, E, E, E, E) {
    (E, E, E, E, E, E, E, E, E)
}

fn main() {}
