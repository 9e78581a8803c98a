// The unit could be seconds or milliseconds.
use kafka_service::command;

#[command("create_order", retry(backoff = "1..5"))]
async fn create_order() {}

fn main() {}
