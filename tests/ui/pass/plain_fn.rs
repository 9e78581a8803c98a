// A plain `fn` handler runs blocking code.

use kafka_service::command;

#[command("resize")]
fn resize(image: Vec<u8>) -> Result<(), std::io::Error> {
    drop(image);
    Ok(())
}

#[command("ping")]
fn ping() {}

fn main() {}
