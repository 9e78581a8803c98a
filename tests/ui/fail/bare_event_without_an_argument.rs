// A bare attribute takes the event type from the payload, but there is no payload.
use kafka_service::event;

#[event]
async fn settle() {}

fn main() {}
