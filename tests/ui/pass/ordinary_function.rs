// A handler is still an ordinary function: a test can call it and inspect the result.

use kafka_service::{Event, State, command};

#[derive(serde::Deserialize)]
pub struct Greet {
    name: String,
}

#[derive(Debug, PartialEq, serde::Serialize, Event)]
#[event("user.greeted", key = name)]
pub struct Greeted {
    name: String,
}

#[command("greet")]
pub fn greet(State(greeting): State<String>, Greet { name }: Greet) -> Greeted {
    Greeted { name: greeting + &name }
}

fn main() {
    let greeted = greet(State("Hello ".into()), Greet { name: "Ada".into() });
    assert_eq!(greeted, Greeted { name: "Hello Ada".into() });
    assert_eq!(greeted.event_type(), "user.greeted");
    assert_eq!(greeted.key().unwrap().to_string(), "Hello Ada");
    assert_eq!(Greeted::TYPES, ["user.greeted"]);
}
