// The key must be a field of the variant.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
enum UserChanged {
    #[event("user.renamed", key = 1)]
    Renamed(u32),
}

fn main() {}
