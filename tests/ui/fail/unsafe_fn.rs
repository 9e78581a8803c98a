// The service calls handlers from safe code.
use kafka_service::command;

#[command("create_order")]
async unsafe fn create_order() {}

fn main() {}
