// A handler cannot have a `where` clause.
use kafka_service::command;

#[command("create_order")]
async fn create_order()
where
    String: Clone,
{
}

fn main() {}
