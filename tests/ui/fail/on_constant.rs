// `#[command]` cannot be applied to a constant.
use kafka_service::command;

#[command("create_order")]
pub const ORDERS: u8 = 1;

fn main() {}
