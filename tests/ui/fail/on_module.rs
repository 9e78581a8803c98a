// `#[command]` cannot be applied to a module.
use kafka_service::command;

#[command("create_order")]
mod orders {}

fn main() {}
