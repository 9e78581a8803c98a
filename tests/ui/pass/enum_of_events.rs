// An enum of events as a payload: of all its events, of one, and of a command.
#![deny(warnings)]
use kafka_service::{Event, HandlerError, command, event};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Event)]
#[serde(rename_all = "camelCase")]
enum Outcome {
    #[event("payment.accepted", key = order)]
    Accepted { order: u32 },
    #[event("payment.refused")]
    Refused(String),
    #[event("payment.waiting")]
    Waiting,
}

#[event]
async fn see(outcome: Outcome) -> Result<(), HandlerError> {
    drop(outcome);
    Ok(())
}

#[event("payment.waiting", topic = "payments")]
fn wait(outcome: Outcome) {
    drop(outcome);
}

#[command("import")]
async fn import(outcome: Outcome) {
    drop(outcome);
}

#[derive(Serialize, Deserialize, Event)]
enum Changed<T> {
    #[event("changed.created")]
    Created(T),
    #[event("changed.deleted")]
    Deleted { id: u64 },
}

#[event]
async fn change(changed: Changed<String>) {
    drop(changed);
}

/// Is only published: without `Deserialize`, and in any representation.
#[derive(Serialize, Event)]
#[serde(tag = "status")]
enum Published {
    #[event("published.one")]
    One { order: u32 },
}

#[command("publish")]
async fn publish() -> Published {
    Published::One { order: 1 }
}

fn main() {
    kafka_service::testing::expect_commands(["import", "publish"]);
}
