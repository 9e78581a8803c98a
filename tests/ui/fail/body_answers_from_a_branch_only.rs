// One branch returns another type than the function.
use kafka_service::{Event, command};

#[derive(serde::Serialize, Event)]
#[event("order.created")]
struct OrderCreated;

#[command("create_order")]
async fn create_order(order: String) -> Option<OrderCreated> {
    if order.is_empty() {
        return OrderCreated;
    }
    None
}

fn main() {}
