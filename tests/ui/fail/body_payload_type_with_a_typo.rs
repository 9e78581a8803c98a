// A type that does not exist is the compiler's to name, once.
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
