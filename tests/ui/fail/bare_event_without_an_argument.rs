// A bare attribute takes the type from the payload, and here is none.
use kafka_service::event;

#[event]
async fn settle() {}

fn main() {}
