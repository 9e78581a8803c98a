// `#[command]` cannot be applied to a type alias.
use kafka_service::command;

#[command("create_order")]
type Orders = Vec<u8>;

fn main() {}
