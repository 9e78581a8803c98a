// The mistake is in the derive: the handler has nothing to add.
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
