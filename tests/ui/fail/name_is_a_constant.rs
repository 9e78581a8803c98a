// The name is a literal, so that it can be read in the source.
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
