// An enum that a handler receives must be deserializable.
use kafka_service::{Event, event};

#[derive(serde::Serialize, Event)]
enum PaymentChanged {
    #[event("payment.settled")]
    Settled { order: u64 },
    #[event("payment.refused")]
    Refused { order: u64 },
}

#[event]
async fn settle(event: PaymentChanged) {
    drop(event);
}

fn main() {}
