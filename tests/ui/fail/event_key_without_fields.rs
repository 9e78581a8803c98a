// Without fields there is no key.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event("pinged", key = id)]
struct Pinged;

fn main() {}
