// The unit could be minutes or seconds.
use kafka_service::command;

#[command("create_order", retry(deadline = "2"))]
async fn create_order() {}

fn main() {}
