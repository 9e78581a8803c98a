// A first argument with a typo.
use kafka_service::command;

#[command(retries(attempts = 3))]
async fn create_order() {}

fn main() {}
