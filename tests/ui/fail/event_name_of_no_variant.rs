// No variant of the payload has the event type of the handler.
use kafka_service::{Event, event};

#[derive(serde::Serialize, serde::Deserialize, Event)]
enum PaymentChanged {
    #[event("payment.settled")]
    Settled { order: u64 },
    #[event("payment.refused")]
    Refused { order: u64 },
}

#[event("payment.setled")]
async fn settle(event: PaymentChanged) {
    drop(event);
}

fn main() {}
