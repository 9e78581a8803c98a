// An event has a type; a value without one cannot be published.
use kafka_service::command;

#[command("create_order")]
async fn create_order() -> Option<std::collections::BTreeMap<String, u8>> {
    None
}

fn main() {}
