// The name is the first argument, not an option.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command(name = "create_order")]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
