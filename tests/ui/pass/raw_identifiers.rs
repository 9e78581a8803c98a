// Names that are keywords.

use kafka_service::{Event, command};

#[derive(serde::Deserialize)]
struct Move {
    r#type: String,
}

#[derive(serde::Serialize, Event)]
#[event("moved", key = r#type)]
struct Moved {
    r#type: String,
}

#[command("move")]
async fn r#move(r#move: Move) -> Moved {
    Moved { r#type: r#move.r#type }
}

fn main() {}
