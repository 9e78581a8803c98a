// Every form of argument and return type that a handler may have.

use kafka_service::{CorrelationId, Event, HandlerError, Meta, Publisher, State, command};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Greet {
    name: String,
}

#[derive(Serialize, Event)]
#[event("user.greeted", key = name)]
struct Greeted {
    name: String,
}

#[derive(Clone)]
struct Db;

#[command("returns_nothing")]
async fn returns_nothing(_: Greet) {}

#[command("returns_an_event")]
async fn returns_an_event(greet: Greet) -> Greeted {
    Greeted { name: greet.name }
}

#[command("returns_an_option")]
async fn returns_an_option(_: Greet) -> Option<Greeted> {
    None
}

#[command("returns_a_list")]
async fn returns_a_list(_: Greet) -> Vec<Greeted> {
    Vec::new()
}

#[command("returns_a_tuple")]
async fn returns_a_tuple(greet: Greet) -> (Greeted, Option<Greeted>) {
    (Greeted { name: greet.name }, None)
}

#[command("returns_a_result")]
async fn returns_a_result(_: Greet) -> Result<(), std::io::Error> {
    Ok(())
}

#[command("every_extractor")]
async fn every_extractor(
    State(_db): State<Db>,
    id: CorrelationId,
    meta: Meta,
    _publisher: Publisher,
    mut greet: Greet,
) -> Result<Vec<Greeted>, HandlerError> {
    if meta.attempt() > 3 {
        return Err(HandlerError::permanent("too often"));
    }
    greet.name.parse::<u8>()?;
    greet.name.push_str(id.as_str());
    Ok(vec![Greeted { name: greet.name }])
}

fn main() {}
