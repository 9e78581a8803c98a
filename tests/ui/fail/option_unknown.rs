// Options that do not exist are refused with the list of those that do.
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
