// A handler needs a command name: its own or that of its payload.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
