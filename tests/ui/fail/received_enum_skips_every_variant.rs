// Nothing of this enum can be received.
use kafka_service::{Event, event};

#[derive(serde::Serialize, serde::Deserialize, Event)]
enum PaymentChanged {
    #[event("payment.settled")]
    #[serde(skip_deserializing)]
    Settled { order: u64 },
}

#[event]
async fn settle(event: PaymentChanged) {
    drop(event);
}

fn main() {}
