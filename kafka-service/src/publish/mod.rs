//! PUBLISH: events to acknowledged records, for handlers and for everybody else.

mod acks;
mod delivery;
mod encoder;
mod error;
mod message_id;
mod publisher;

pub(crate) use acks::Acks;
pub(crate) use encoder::Encoder;
pub use error::PublishError;
pub(crate) use message_id::{MessageIds, Place};
pub(crate) use publisher::PublisherCore;
pub use publisher::{Publication, Publisher};
