// `30s` is a number with a suffix.
use kafka_service::command;

#[command("create_order", timeout = 30s)]
async fn create_order() {}

fn main() {}
