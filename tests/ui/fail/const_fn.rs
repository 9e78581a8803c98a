// A handler runs at run time.
use kafka_service::command;

#[command("create_order")]
const fn create_order() {}

fn main() {}
