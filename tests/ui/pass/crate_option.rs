// A crate that re-exports the runtime under another name.

mod reexport {
    pub use kafka_service as service;
}
use kafka_service as renamed;
use reexport::service::{Event, State, command};

#[derive(serde::Serialize, Event)]
#[event("pinged", crate = crate::reexport::service)]
struct Pinged;

#[derive(serde::Serialize, Event)]
#[event(crate = reexport::service)]
enum Answer {
    #[event("answered")]
    Answered,
}

#[command("ping", crate = reexport::service)]
async fn ping() -> (Pinged, Answer) {
    (Pinged, Answer::Answered)
}

#[command("pong", crate = renamed)]
fn pong(State(_): State<u8>, _: serde::de::IgnoredAny) {}

fn main() {}
