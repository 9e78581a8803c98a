//! Publishing: the handle that programs and handlers use, and how its messages are encoded.

mod backlog;
mod deadline;
mod delivery;
mod encoder;
mod error;
mod hand_over;
mod handle;
mod lazy;
mod message_context;
mod message_id;
mod publication;
mod shared;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    backlog::Backlog,
    encoder::Encoder,
    error::classify_publish_errors,
    lazy::LazyPublisher,
    message_id::{MessageIds, Sequence},
    shared::PublisherShared,
};
pub use self::{error::PublishError, handle::Publisher, message_context::MessageContext, publication::Publication};
