// The name must be a literal, so that it is visible in the source.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command(crate::NAME)]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
