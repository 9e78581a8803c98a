// Handlers must be functions.
use kafka_service::event;

#[event("payment.settled")]
static SETTLE: fn() = || {};

fn main() {}
