// A handler cannot be `const`.
use kafka_service::command;

#[command("create_order")]
const fn create_order() {}

fn main() {}
