// The type of the payload must be known at registration.
use kafka_service::command;

#[command("create_order")]
async fn create_order<T: serde::de::DeserializeOwned>(order: T) {
    drop(order);
}

fn main() {}
