// The error for an unknown option lists the known ones, the closest first.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event("user.created", crat = id)]
struct UserCreated {
    id: u32,
}

fn main() {}
