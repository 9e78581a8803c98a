// An option of the derive.
use kafka_service::event;

#[derive(serde::Deserialize)]
struct PaymentSettled {
    order: u64,
}

#[event("payment.settled", key = order)]
async fn settle(event: PaymentSettled) {
    drop(event.order);
}

fn main() {}
