// The value of `crate` must be a path.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command("create_order", crate = "kafka_service")]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
