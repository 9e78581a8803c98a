// A shared value is not an extractor by itself.
use kafka_service::command;

#[derive(Clone)]
struct Pool;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command("create_order")]
async fn create_order(_pool: Pool, order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
