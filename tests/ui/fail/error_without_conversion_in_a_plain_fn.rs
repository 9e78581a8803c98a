// The error type of a handler must convert into a `HandlerError`.
use kafka_service::command;

struct OrderError;

#[command("create_order")]
fn create_order() -> Result<(), OrderError> {
    Err(OrderError)
}

fn main() {}
