// This implementation of `Event` is not derived, so it has several event types but does not say how to decode them.
use kafka_service::{Event, event};

#[derive(serde::Serialize, serde::Deserialize)]
enum PaymentChanged {
    Settled,
    Refused,
}

impl Event for PaymentChanged {
    const TYPES: &'static [&'static str] = &["payment.settled", "payment.refused"];

    fn event_type(&self) -> &'static str {
        match self {
            Self::Settled => "payment.settled",
            Self::Refused => "payment.refused",
        }
    }
}

#[event]
async fn settle(event: PaymentChanged) {
    drop(event);
}

fn main() {}
