// A handler must return events.
use kafka_service::command;

#[derive(serde::Serialize)]
struct Order;

#[command("create_order")]
async fn create_order() -> Vec<Order> {
    vec![Order]
}

fn main() {}
