// A control character is shown escaped.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command("create\norder")]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
