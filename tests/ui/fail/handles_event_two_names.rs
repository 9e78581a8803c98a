// A handler handles one event type.
use kafka_service::event;

#[derive(serde::Deserialize)]
struct PaymentSettled {
    order: u64,
}

#[event("payment.settled", "payment.refused")]
async fn settle(event: PaymentSettled) {
    drop(event.order);
}

fn main() {}
