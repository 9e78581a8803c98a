// `#[command]` cannot be applied to an `impl` block.
use kafka_service::command;

struct Orders;

#[command("create_order")]
impl Orders {}

fn main() {}
