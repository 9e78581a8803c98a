// Handlers must be functions.
use kafka_service::event;

struct Payments;

#[event("payment.settled")]
impl Payments {
    fn settle() {}
}

fn main() {}
