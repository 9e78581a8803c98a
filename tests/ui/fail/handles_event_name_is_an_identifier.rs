// The event type lacks its quotes.
use kafka_service::event;

#[derive(serde::Deserialize)]
struct PaymentSettled {
    order: u64,
}

#[event(payment_settled)]
async fn settle(event: PaymentSettled) {
    drop(event.order);
}

fn main() {}
