// The payload of an event handler must own its data, too.
use kafka_service::event;

#[event("payment.settled")]
async fn settle(event: &str) {
    println!("{event}");
}

fn main() {}
