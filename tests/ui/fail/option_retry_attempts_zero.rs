// Without an attempt nothing is handled.
use kafka_service::command;

#[command("create_order", retry(attempts = 0))]
async fn create_order() {}

fn main() {}
