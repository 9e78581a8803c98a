// The error is in the derive: the handler adds no second one.
use kafka_service::{Event, event};

#[derive(serde::Serialize, serde::Deserialize, Event)]
#[event("payment settled")]
struct PaymentSettled {
    order: u64,
}

#[event]
async fn settle(event: PaymentSettled) {
    drop(event.order);
}

fn main() {}
