// A setting must not be repeated.
use kafka_service::command;

#[command("create_order", retry(attempts = 3, attempts = 4))]
async fn create_order() {}

fn main() {}
