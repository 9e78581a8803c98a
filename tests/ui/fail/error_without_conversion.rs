// The error of a handler is an error.
use kafka_service::command;

struct OrderError;

#[command("create_order")]
async fn create_order() -> Result<(), OrderError> {
    Err(OrderError)
}

fn main() {}
