// The payload has a name, but cannot be deserialized.
use kafka_service::{Command, command};

#[derive(Command)]
#[command("create_order")]
struct CreateOrder {
    customer: String,
}

#[command]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
