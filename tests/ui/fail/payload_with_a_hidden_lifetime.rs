// The macro cannot see an elided lifetime.
use kafka_service::command;

#[derive(serde::Deserialize)]
struct CreateOrder<'a> {
    customer: &'a str,
}

#[command("create_order")]
async fn create_order(order: CreateOrder) {
    let _ = order.customer;
}

fn main() {}
