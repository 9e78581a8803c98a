// An error in the derive causes no errors in the handlers that return the event.
use kafka_service::{Event, command};

#[derive(serde::Serialize, Event)]
#[event("user created")]
struct UserCreated;

#[command("create_user")]
async fn create_user() -> UserCreated {
    UserCreated
}

fn main() {}
