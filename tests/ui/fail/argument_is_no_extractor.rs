// Arguments before the payload must be extractors.
use kafka_service::command;

struct Pool;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command("create_order")]
async fn create_order(pool: Pool, order: CreateOrder) {
    drop((pool, order.customer));
}

fn main() {}
