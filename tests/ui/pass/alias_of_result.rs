// The return type is recognized by its traits, not by its name.

use kafka_service::{Event, command};

#[derive(Debug)]
enum Error {}

impl std::fmt::Display for Error {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Error {}

type Result<T, E = Error> = std::result::Result<T, E>;
type Answer = Result<Option<Pinged>>;

#[derive(serde::Serialize, Event)]
#[event("pinged")]
struct Pinged;

#[command("ping")]
async fn ping() -> Answer {
    Ok(None)
}

fn main() {}
