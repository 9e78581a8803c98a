// The `Result` of the standard library has two type parameters.
use kafka_service::command;

#[command("create_order")]
async fn create_order() -> Result<()> {
    Ok(())
}

fn main() {}
