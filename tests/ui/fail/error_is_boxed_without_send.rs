// A boxed error must be able to change its thread.
use std::error::Error;

use kafka_service::command;

#[command("create_order")]
async fn create_order() -> Result<(), Box<dyn Error>> {
    Ok(())
}

fn main() {}
