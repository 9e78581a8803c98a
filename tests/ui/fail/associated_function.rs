// A handler in an `impl` block: the macro cannot see the block, so the compiler reports the errors.
use kafka_service::command;

struct Orders;

impl Orders {
    #[command("create_order")]
    async fn create_order() {}
}

fn main() {}
