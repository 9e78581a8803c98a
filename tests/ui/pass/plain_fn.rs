// A plain `fn` is a handler for blocking work.

use kafka_service::command;

#[command("resize")]
fn resize(image: Vec<u8>) -> Result<(), std::io::Error> {
    drop(image);
    Ok(())
}

#[command("ping")]
fn ping() {}

fn main() {}
