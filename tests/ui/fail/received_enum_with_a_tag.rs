// The event type selects the variant, so the payload has no tag.
use kafka_service::{Event, event};

#[derive(serde::Serialize, serde::Deserialize, Event)]
#[serde(rename_all = "snake_case", tag = "status")]
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
