// A function without a body cannot be called.
use kafka_service::command;

trait Orders {
    #[command("create_order")]
    fn create_order();
}

fn main() {}
