// The error is in the derive: the handler adds no second one.
use kafka_service::{Command, command};

#[derive(serde::Deserialize, Command)]
#[command("create order")]
struct CreateOrder {
    customer: String,
}

#[command]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
