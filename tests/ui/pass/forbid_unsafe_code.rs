// The generated code compiles under `forbid(unsafe_code)`.
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
