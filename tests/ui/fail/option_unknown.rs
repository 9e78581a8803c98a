// The error for an unknown option lists the known ones.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command("create_order", crat = kafka_service)]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
