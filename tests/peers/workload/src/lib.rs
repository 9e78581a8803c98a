//! Shared by every arm of the peer benchmark, so that all of them do the same work: the types, the bytes that they read
//! and write, and the protocol with the runner. It contains no Kafka client.

mod answer;
mod arm;
mod clock;
mod event_id;
mod message;

pub use arm::{Arm, Handler};
pub use clock::Clock;
pub use event_id::event_id;
pub use message::{Command, CreateOrder, Encoder, Event, Item, OrderCreated};

/// The type of the command.
pub const CREATE_ORDER: &str = "create_order";
/// The type of the same command for a handler that is a plain function, for arms that have such.
pub const CREATE_ORDER_PLAIN: &str = "create_order_plain";
/// The type of the event.
pub const ORDER_CREATED: &str = "order_created";

/// The name of the `n`-th registered command. A single one has the plain name.
#[must_use]
pub fn command_name(n: u64, of: u64) -> String {
    if of <= 1 { CREATE_ORDER.to_owned() } else { format!("{CREATE_ORDER}_{:04}", n % of) }
}
