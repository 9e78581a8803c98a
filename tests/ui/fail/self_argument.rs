// A handler must be a free function.
use kafka_service::command;

struct Orders;

impl Orders {
    #[command("create_order")]
    async fn create_order(&self) {}
}

fn main() {}
