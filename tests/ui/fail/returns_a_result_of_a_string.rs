// A handler must return events.
use kafka_service::command;

#[command("create_order")]
async fn create_order() -> Result<String, std::io::Error> {
    Ok(String::new())
}

fn main() {}
