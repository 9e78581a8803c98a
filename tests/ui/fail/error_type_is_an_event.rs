// A failure that is published is an event in `Ok`.
use kafka_service::{Event, command};

#[derive(Debug, serde::Serialize, Event)]
#[event("order.refused")]
struct OrderRefused;

#[command("create_order")]
async fn create_order() -> Result<(), OrderRefused> {
    Err(OrderRefused)
}

fn main() {}
