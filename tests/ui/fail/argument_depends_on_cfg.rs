// A handler's arguments must not depend on `cfg`.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command("create_order")]
async fn create_order(#[cfg(all())] id: kafka_service::CorrelationId, order: CreateOrder) {
    drop((id, order.customer));
}

fn main() {}
