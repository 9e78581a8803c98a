// A handler that waits for something is an `async fn`.
use kafka_service::command;

#[command("create_order")]
fn create_order() -> impl Future<Output = ()> {
    async {}
}

fn main() {}
