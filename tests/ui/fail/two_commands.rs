// A handler handles one command.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command("create_order")]
#[command("make_order")]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
