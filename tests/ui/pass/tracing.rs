// tracing has a macro called `event`, too.

use kafka_service::{command, event};
use tracing::Level;

#[event("payment.settled")]
async fn settle(payment: u64) {
    tracing::event!(Level::INFO, payment, "settled");
}

mod both {
    use kafka_service::event;
    use tracing::{Level, event as log};

    #[event("payment.refused")]
    async fn refuse(payment: u64) {
        log!(Level::WARN, payment, "refused");
    }
}

#[command("settle_payment")]
async fn settle_payment(payment: u64) {
    tracing::info!(payment, "to be settled");
}

fn main() {}
