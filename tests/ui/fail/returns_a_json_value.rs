// An event must have a type; an untyped value cannot be published.
use kafka_service::command;

#[command("create_order")]
async fn create_order() -> Option<std::collections::BTreeMap<String, u8>> {
    None
}

fn main() {}
