// Without a sibling's name, the enum's says what it is about.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
enum OrderChanged {
    #[event(key = id)]
    PlaceMoved { id: u32 },
}

fn main() {}
