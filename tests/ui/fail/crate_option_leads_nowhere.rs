// The option names the crate that contains the runtime.
use kafka_service::command;

#[command("create_order", crate = kafka_servise)]
async fn create_order() {}

fn main() {}
