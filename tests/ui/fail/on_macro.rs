// `#[command]` cannot be applied to a macro.
use kafka_service::command;

#[command("create_order")]
#[allow(unused_macros)]
macro_rules! orders {
    () => {};
}

fn main() {}
