// The compiler reports a placeholder.
use kafka_service::command;

#[command("create_order")]
async fn create_order(order: _) {
    drop(order);
}

fn main() {}
