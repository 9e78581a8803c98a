// `#[command]` does not go on an `extern` block.
use kafka_service::command;

#[command("create_order")]
unsafe extern "C" {}

fn main() {}
