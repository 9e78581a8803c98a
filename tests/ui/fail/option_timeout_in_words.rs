// Durations have short units.
use kafka_service::command;

#[command("create_order", timeout = "30 seconds")]
async fn create_order() {}

fn main() {}
