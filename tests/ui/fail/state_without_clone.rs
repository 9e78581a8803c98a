// A state is cloned for each call.
use kafka_service::{State, command};

struct Pool;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command("create_order")]
async fn create_order(State(pool): State<Pool>, order: CreateOrder) {
    drop((pool, order.customer));
}

fn main() {}
