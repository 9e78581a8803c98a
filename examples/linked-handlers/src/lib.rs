//! Handlers in a library: a program gets them with `use example_linked_handlers as _;`. Nothing has to be public.

use kafka_service::{Event, command};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Greet {
    name: String,
}

#[derive(Serialize, Event)]
#[event("user.greeted", key = name)]
struct Greeted {
    name: String,
    greeting: String,
}

/// Greets a user.
#[command("greet")]
async fn greet(Greet { name }: Greet) -> Greeted {
    Greeted { greeting: format!("Hello, {name}!"), name }
}
