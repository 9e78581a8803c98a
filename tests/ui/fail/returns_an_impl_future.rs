// A handler that awaits must be an `async fn`.
use kafka_service::command;

#[command("create_order")]
fn create_order() -> impl Future<Output = ()> {
    async {}
}

fn main() {}
