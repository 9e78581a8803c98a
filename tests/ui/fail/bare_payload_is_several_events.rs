// A handler handles one event type, but this enum has two.
use kafka_service::{Event, event};

#[derive(serde::Serialize, serde::Deserialize, Event)]
enum PaymentChanged {
    #[event("payment.settled")]
    Settled,
    #[event("payment.refused")]
    Refused,
}

#[event]
async fn settle(event: PaymentChanged) {
    drop(event);
}

fn main() {}
