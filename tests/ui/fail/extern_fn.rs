// A handler must use Rust's calling convention.
use kafka_service::command;

#[command("create_order")]
extern "C" fn create_order() {}

fn main() {}
