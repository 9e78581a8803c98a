// A handler answers to one thing, whichever stands first.
use kafka_service::{command, event};

#[event("payment.settled")]
#[command("settle_payment")]
async fn settle() {}

fn main() {}
