// A placeholder is the compiler's business.
use kafka_service::command;

#[command("create_order")]
async fn create_order(order: _) {
    drop(order);
}

fn main() {}
