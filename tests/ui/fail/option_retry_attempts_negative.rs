// `attempts` must be positive.
use kafka_service::command;

#[command("create_order", retry(attempts = -1))]
async fn create_order() {}

fn main() {}
