// The `Result` of anyhow and `?`.

use anyhow::{Context, Result, bail};
use kafka_service::{Event, command};

#[derive(serde::Serialize, Event)]
#[event("pinged")]
struct Pinged;

#[command("ping")]
async fn ping(text: String) -> Result<Pinged> {
    let number: u8 = text.parse().context("not a number")?;
    if number == 0 {
        bail!("zero");
    }
    Ok(Pinged)
}

fn is_final(error: &anyhow::Error) -> bool {
    error.is::<std::num::ParseIntError>()
}

#[command("pong", permanent = is_final)]
fn pong(text: String) -> anyhow::Result<Option<Pinged>> {
    text.parse::<u8>()?;
    Ok(None)
}

fn main() {}
