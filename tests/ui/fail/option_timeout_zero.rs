// A timeout of zero would always expire.
use kafka_service::command;

#[command("create_order", timeout = "0s")]
async fn create_order() {}

fn main() {}
