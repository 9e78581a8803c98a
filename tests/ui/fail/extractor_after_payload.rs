// Extractors come before the payload.
use kafka_service::{State, command};

#[derive(Clone)]
struct Db;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command("create_order")]
async fn create_order(order: CreateOrder, State(db): State<Db>) {
    drop((order.customer, db));
}

fn main() {}
