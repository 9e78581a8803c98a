// The payload's type is known when the handler is registered.
use kafka_service::command;

#[command("create_order")]
async fn create_order(order: impl serde::de::DeserializeOwned) {
    drop(order);
}

fn main() {}
