// A handler has no conditions.
use kafka_service::command;

#[command("create_order")]
async fn create_order()
where
    String: Clone,
{
}

fn main() {}
