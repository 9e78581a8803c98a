//! One message while its handler is being called, and what that call gives back.

use std::{cell::OnceCell, fmt, future::Future, pin::Pin, sync::Arc};

use super::{DecodeError, Details, Events, HandlerError, States};
use crate::{
    envelope::Envelope,
    message::{Origin, Record},
    publish::LazyPublisher,
};

/// Everything about one message during the synchronous part of its handling: extraction and payload decoding.
///
/// It borrows the record. The future that comes out of a call does not, so that the record's memory can be given back
/// while the handler still runs.
pub struct Context<'a> {
    pub(crate) envelope: &'a Envelope<'a>,
    pub(crate) origin: Origin<'a>,
    /// The record itself, for the few who want more of it than its envelope.
    pub(crate) record: &'a dyn Record,
    /// 1 for the first attempt.
    pub(crate) attempt: u32,
    pub(crate) states: &'a States,
    pub(crate) publisher: &'a LazyPublisher<'a>,
    /// See [`Self::details`].
    pub(crate) details: OnceCell<Arc<Details>>,
}

impl Context<'_> {
    /// What outlives this call; the same for all who ask for it.
    pub(crate) fn details(&self) -> Arc<Details> {
        Arc::clone(self.details.get_or_init(|| Arc::new(Details::copy(self))))
    }
}

impl fmt::Debug for Context<'_> {
    /// Leaves the payload out: it may hold what must not stand in a log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Context")
            .field("type", &self.envelope.kind)
            .field("topic", &self.origin.topic)
            .field("partition", &self.origin.partition)
            .field("offset", &self.origin.offset)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

/// A running handler.
pub type HandlerFuture = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// What a finished handler leaves behind.
pub type Outcome = Result<Events, HandlerError>;

/// The answer to calling a handler: it runs, or it could not be called.
pub type Invocation = Result<HandlerFuture, Failure>;

/// Why a handler could not be called.
#[derive(Debug)]
pub enum Failure {
    /// The payload is not what the handler takes. Trying again cannot help.
    Decode(DecodeError),
    /// An extractor refused.
    Extract(HandlerError),
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<HandlerError> for Failure {
    fn from(error: HandlerError) -> Self {
        Self::Extract(error)
    }
}
