// The name must be a string, not a number.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command(42)]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
