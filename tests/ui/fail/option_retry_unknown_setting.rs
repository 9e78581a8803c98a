// A setting with a typing error.
use kafka_service::command;

#[command("create_order", retry(attempt = 3))]
async fn create_order() {}

fn main() {}
