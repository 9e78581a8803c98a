// Options do not replace the name: the payload must have one.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command(timeout = "30s")]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
