// A failure that is to be published is an event of the good part.
use kafka_service::{Event, command};

#[derive(Debug, serde::Serialize, Event)]
#[event("order.refused")]
struct OrderRefused;

#[command("create_order")]
async fn create_order() -> Result<(), OrderRefused> {
    Err(OrderRefused)
}

fn main() {}
