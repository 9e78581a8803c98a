// Names consist of ASCII letters, digits, `_`, `-` and `.`.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command("create order")]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
