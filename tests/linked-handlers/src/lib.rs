//! A handler in a separate crate. A program links it with `use kafka_service_linked_handlers as _;`, without naming
//! anything in it.
//! same: `use kafka_service_linked_handlers as _;`.

use kafka_service::{Event, command};
use serde::Serialize;

#[derive(Serialize, Event)]
#[event("linked.greeted")]
struct Greeted {
    from: &'static str,
}

/// Greets from another crate.
#[command("greet_from_linked_crate")]
async fn greet_from_linked_crate() -> Greeted {
    Greeted { from: module_path!() }
}
