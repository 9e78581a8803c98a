// The payload's type is known when the handler is registered.
use kafka_service::command;

#[command("create_order")]
async fn create_order<T: serde::de::DeserializeOwned>(order: T) {
    drop(order);
}

fn main() {}
