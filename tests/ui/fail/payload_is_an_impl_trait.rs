// The type of the payload must be known at registration.
use kafka_service::command;

#[command("create_order")]
async fn create_order(order: impl serde::de::DeserializeOwned) {
    drop(order);
}

fn main() {}
