// The name must come first.
use kafka_service::command;

#[command(timeout = "30s", "create_order")]
async fn create_order() {}

fn main() {}
