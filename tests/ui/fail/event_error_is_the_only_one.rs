// A wrong derive does not make the handlers that return the event wrong.
use kafka_service::{Event, command};

#[derive(serde::Serialize, Event)]
#[event("user created")]
struct UserCreated;

#[command("create_user")]
async fn create_user() -> UserCreated {
    UserCreated
}

fn main() {}
