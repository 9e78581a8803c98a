// The payload is decoded and has to own its data, here too.
use kafka_service::event;

#[event("payment.settled")]
async fn settle(event: &str) {
    println!("{event}");
}

fn main() {}
