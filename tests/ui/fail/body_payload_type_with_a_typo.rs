// The compiler reports an unknown type, once.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command("create_order")]
async fn create_order(order: CreateOrdr) {
    drop(order.customer);
}

fn main() {}
