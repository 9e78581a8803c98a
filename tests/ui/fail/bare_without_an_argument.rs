// A bare attribute takes the name from the payload, and here is none.
use kafka_service::command;

#[command]
async fn create_order() {}

fn main() {}
