// An enum without variants is no event.
use kafka_service::Event;
use serde::Serialize;

#[derive(Serialize, Event)]
enum UserChanged {}

fn main() {}
