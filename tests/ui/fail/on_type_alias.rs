// `#[command]` does not go on a type alias.
use kafka_service::command;

#[command("create_order")]
type Orders = Vec<u8>;

fn main() {}
