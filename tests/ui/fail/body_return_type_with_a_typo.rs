// The compiler reports an unknown type.
use kafka_service::{Event, HandlerError, command};

#[derive(serde::Serialize, Event)]
#[event("order.created")]
struct OrderCreated;

#[command("create_order")]
async fn create_order() -> Result<OrderCreatd, HandlerError> {
    Ok(OrderCreated)
}

fn main() {}
