// The payload must own all of its data.
use kafka_service::command;

#[command("create_order")]
async fn create_order(order: Option<(u8, &str)>) {
    let _ = order;
}

fn main() {}
