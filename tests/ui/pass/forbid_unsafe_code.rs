// What the macros write holds no unsafe code of the user's.
#![forbid(unsafe_code)]

use kafka_service::{Event, command};

#[derive(serde::Serialize, Event)]
#[event("pinged")]
struct Pinged;

#[command("ping")]
async fn ping() -> Pinged {
    Pinged
}

fn main() {}
