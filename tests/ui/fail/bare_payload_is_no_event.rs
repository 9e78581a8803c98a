// A bare attribute takes the event type from the payload.
use kafka_service::event;

#[derive(serde::Deserialize)]
struct PaymentSettled {
    order: u64,
}

#[event]
async fn settle(event: PaymentSettled) {
    drop(event.order);
}

fn main() {}
