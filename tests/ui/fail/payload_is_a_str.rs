// The payload must own its data.
use kafka_service::command;

#[command("create_order")]
async fn create_order(order: &str) {
    let _ = order;
}

fn main() {}
