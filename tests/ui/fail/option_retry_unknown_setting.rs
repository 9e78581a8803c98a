// A setting with a typo.
use kafka_service::command;

#[command("create_order", retry(attempt = 3))]
async fn create_order() {}

fn main() {}
