// A handler handles a command or an event, not both, in either order.
use kafka_service::{command, event};

#[event("payment.settled")]
#[command("settle_payment")]
async fn settle() {}

fn main() {}
