// Handlers must be functions.
use kafka_service::event;

#[event("payment.settled")]
mod payments { pub fn settle() {} }

fn main() {}
