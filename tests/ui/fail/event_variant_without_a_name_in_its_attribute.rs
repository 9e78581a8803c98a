// Without a sibling, the suggestion takes the entity from the name of the enum.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
enum OrderChanged {
    #[event(key = id)]
    PlaceMoved { id: u32 },
}

fn main() {}
