// A handler must return events.
use kafka_service::command;

#[command("create_order")]
async fn create_order() -> u32 {
    1
}

fn main() {}
