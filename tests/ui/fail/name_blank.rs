// A blank name counts as empty.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command("  ")]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
