// The runtime is looked for where the option says.
use kafka_service::command;

#[command("create_order", crate = kafka_servise)]
async fn create_order() {}

fn main() {}
