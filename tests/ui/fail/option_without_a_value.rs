// An option requires a value.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command("create_order", crate)]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
