// `#[command]` cannot be applied to a static.
use kafka_service::command;

#[command("create_order")]
static ORDERS: u8 = 1;

fn main() {}
