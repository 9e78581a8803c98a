// The value of `timeout` follows an equals sign.
use kafka_service::command;

#[command("create_order", timeout("30s"))]
async fn create_order() {}

fn main() {}
