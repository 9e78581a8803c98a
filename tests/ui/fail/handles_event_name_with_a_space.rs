// Event types are part of logs and headers.
use kafka_service::event;

#[derive(serde::Deserialize)]
struct PaymentSettled {
    order: u64,
}

#[event("payment settled")]
async fn settle(event: PaymentSettled) {
    drop(event.order);
}

fn main() {}
