// `attempts` has a maximum.
use kafka_service::command;

#[command("create_order", retry(attempts = 100_000))]
async fn create_order() {}

fn main() {}
