// `#[command]` does not go on a struct.
use kafka_service::command;

#[command("create_order")]
struct CreateOrder;

fn main() {}
