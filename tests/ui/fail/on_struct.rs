// `#[command]` cannot be applied to a struct.
use kafka_service::command;

#[command("create_order")]
struct CreateOrder;

fn main() {}
