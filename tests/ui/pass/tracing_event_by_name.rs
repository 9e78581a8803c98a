// The two may even have one name: a macro with `!` and an attribute are looked up together, so one gets a path.

use tracing::{Level, event};

#[kafka_service::event("payment.settled")]
async fn settle(payment: u64) {
    event!(Level::INFO, payment, "settled");
}

fn main() {}
