// The path of the runtime applies to the whole enum.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
enum UserChanged {
    #[event("user.renamed", crate = kafka_service)]
    Renamed,
}

fn main() {}
