// `#[command]` cannot be applied to an `extern` block.
use kafka_service::command;

#[command("create_order")]
unsafe extern "C" {}

fn main() {}
