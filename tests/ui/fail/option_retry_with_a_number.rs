// Settings are named.
use kafka_service::command;

#[command("create_order", retry(3))]
async fn create_order() {}

fn main() {}
