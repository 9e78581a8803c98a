// Handlers must be functions.
use kafka_service::event;

#[event("payment.settled")]
use std::io as _;

fn main() {}
