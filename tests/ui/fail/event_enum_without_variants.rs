// An enum without variants has no events.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
enum UserChanged {}

fn main() {}
