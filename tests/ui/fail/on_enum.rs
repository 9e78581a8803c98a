// `#[command]` does not go on an enum.
use kafka_service::command;

#[command("create_order")]
enum CreateOrder {}

fn main() {}
