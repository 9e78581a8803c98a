// A handler that awaits must be an `async fn`.
use kafka_service::command;

use std::pin::Pin;

#[command("create_order")]
fn create_order() -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async {})
}

fn main() {}
