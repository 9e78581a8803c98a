// The payload must implement `Deserialize`.
use kafka_service::command;

struct CreateOrder {
    customer: String,
}

#[command("create_order")]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
