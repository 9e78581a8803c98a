// The event type selects the variant, not the first one that fits.
use kafka_service::{Event, event};

#[derive(serde::Serialize, serde::Deserialize, Event)]
enum PaymentChanged {
    #[event("payment.settled")]
    Settled { order: u64 },
    #[event("payment.refused")]
    #[serde(untagged)]
    Refused { order: u64 },
}

#[event("payment.refused")]
async fn refuse(event: PaymentChanged) {
    drop(event);
}

fn main() {}
