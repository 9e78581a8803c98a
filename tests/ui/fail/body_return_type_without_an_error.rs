// The standard library's `Result` has two parameters.
use kafka_service::command;

#[command("create_order")]
async fn create_order() -> Result<()> {
    Ok(())
}

fn main() {}
