// `retry` requires settings.
use kafka_service::command;

#[command("create_order", retry)]
async fn create_order() {}

fn main() {}
