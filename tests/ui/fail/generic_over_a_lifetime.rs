// A handler's arguments must own their data.
use kafka_service::command;

#[command("create_order")]
async fn create_order<'a>(order: &'a str) {
    let _ = order;
}

fn main() {}
