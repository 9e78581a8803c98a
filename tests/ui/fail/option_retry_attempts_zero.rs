// At least one attempt is required.
use kafka_service::command;

#[command("create_order", retry(attempts = 0))]
async fn create_order() {}

fn main() {}
