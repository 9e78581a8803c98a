// The maximum is thirty days.
use kafka_service::command;

#[command("create_order", timeout = "721h")]
async fn create_order() {}

fn main() {}
