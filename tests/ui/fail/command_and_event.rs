// A handler answers to one thing.
use kafka_service::{command, event};

#[command("settle_payment")]
#[event("payment.settled")]
async fn settle() {}

fn main() {}
