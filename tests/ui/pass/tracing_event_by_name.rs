// Macros with `!` and attributes share a namespace: import one `event` by name, and use a path for the other.

use tracing::{Level, event};

#[kafka_service::event("payment.settled")]
async fn settle(payment: u64) {
    event!(Level::INFO, payment, "settled");
}

fn main() {}
