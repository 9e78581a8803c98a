// Options that do not exist are refused with the list of those that do, the closest first.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
#[event("user.created", crat = id)]
struct UserCreated {
    id: u32,
}

fn main() {}
