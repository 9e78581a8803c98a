// The unit could be seconds or milliseconds.
use kafka_service::command;

#[command("create_order", timeout = "30")]
async fn create_order() {}

fn main() {}
