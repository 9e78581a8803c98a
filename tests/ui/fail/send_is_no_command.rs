// Only what has a name can be sent as a command.
use kafka_service::Publisher;
use serde::Serialize;

#[derive(Serialize)]
struct CreateOrder {
    id: u64,
}

async fn order(publisher: Publisher) {
    publisher.send(&CreateOrder { id: 7 }).detach();
}

fn main() {
    let _ = order;
}
