// `#[command]` cannot be applied to an enum.
use kafka_service::command;

#[command("create_order")]
enum CreateOrder {}

fn main() {}
