// Options do not replace the name.
use kafka_service::command;

#[command(timeout = "30s")]
async fn create_order() {}

fn main() {}
