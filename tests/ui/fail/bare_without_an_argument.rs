// A bare attribute takes the name from the payload, but there is no payload.
use kafka_service::command;

#[command]
async fn create_order() {}

fn main() {}
