// One error fails the whole command.
use kafka_service::{Event, HandlerError, command};

#[derive(serde::Serialize, Event)]
#[event("order.created")]
struct OrderCreated;

#[command("create_order")]
async fn create_order() -> Vec<Result<OrderCreated, HandlerError>> {
    vec![Ok(OrderCreated)]
}

fn main() {}
