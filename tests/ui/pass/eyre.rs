// The `Result` of eyre and `?`.

use eyre::{Result, WrapErr};
use kafka_service::command;

#[command("ping")]
async fn ping(text: String) -> Result<()> {
    text.parse::<u8>().wrap_err("not a number")?;
    Ok(())
}

fn main() {}
