// Errors in the body are reported as if there were no macro.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder {
    customer: String,
}

#[command("create_order")]
async fn create_order(order: CreateOrder) {
    let customer: u32 = order.customer;
}

fn main() {}
