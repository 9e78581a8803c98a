// A handler must have a body.
use kafka_service::command;

trait Orders {
    #[command("create_order")]
    fn create_order();
}

fn main() {}
