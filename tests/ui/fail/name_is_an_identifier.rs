// The name must be a string, not an identifier.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command(create_order)]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
