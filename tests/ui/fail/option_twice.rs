// An option must not be repeated.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command("create_order", crate = kafka_service, crate = kafka_service)]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
