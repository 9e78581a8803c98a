// `#[command]` does not go on a module.
use kafka_service::command;

#[command("create_order")]
mod orders {}

fn main() {}
