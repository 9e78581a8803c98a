//! Events to acknowledged records, for handlers and for all other code.

mod acks;
mod delivery;
mod encoder;
mod error;
mod message_id;
mod publication;
mod publisher;
mod publisher_core;

pub(crate) use acks::{Acks, Bound, BoundGuard, Incoming};
pub(crate) use encoder::Encoder;
pub use error::PublishError;
pub(crate) use message_id::{MessageIds, Place};
pub use publication::Publication;
pub(crate) use publisher::LazyPublisher;
pub use publisher::Publisher;
pub(crate) use publisher_core::PublisherCore;
