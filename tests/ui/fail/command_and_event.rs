// A handler handles a command or an event, not both.
use kafka_service::{command, event};

#[command("settle_payment")]
#[event("payment.settled")]
async fn settle() {}

fn main() {}
