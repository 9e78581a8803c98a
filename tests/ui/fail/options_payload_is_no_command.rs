// Options are no name: the payload has to say it.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command(timeout = "30s")]
async fn create_order(order: CreateOrder) {
    drop(order.customer);
}

fn main() {}
