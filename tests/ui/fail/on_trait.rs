// `#[command]` cannot be applied to a trait.
use kafka_service::command;

#[command("create_order")]
trait Orders {}

fn main() {}
