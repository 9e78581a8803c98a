//! One message while its handler is called, and the result of the call.

use std::{any::Any, cell::OnceCell, fmt, future::Future, pin::Pin, sync::Arc};

use super::{DecodeError, Details, Events, HandlerError, States};
use crate::message::{Origin, Record, envelope::Envelope};

/// Everything about one message during the synchronous part of its handling: extraction and payload decoding.
///
/// It borrows the record. The future that a call returns does not, so the record's memory can be released while the
/// handler still runs.
pub struct Context<'a> {
    pub(crate) envelope: &'a Envelope<'a>,
    pub(crate) origin: Origin<'a>,
    /// The record itself, for extractors that need more than the envelope.
    pub(crate) record: &'a dyn Record,
    /// 1 for the first attempt.
    pub(crate) attempt: u32,
    pub(crate) states: &'a States,
    /// What other parts of the crate lend to their extractors.
    pub(crate) provider: &'a dyn Provide,
    /// The result of [`Self::details`], computed once.
    pub(crate) details: OnceCell<Arc<Details>>,
}

impl Context<'_> {
    /// Returns the parts that outlive this call. Every caller gets the same copy.
    pub(crate) fn details(&self) -> Arc<Details> {
        Arc::clone(self.details.get_or_init(|| Arc::new(Details::copy(self))))
    }

    /// A value of the provider; `None` if it has none of this type.
    pub(crate) fn provided<T: 'static>(&self) -> Option<T> {
        let mut slot = None::<T>;
        self.provider.provide(self, &mut slot);
        slot
    }
}

/// Lends values to extractors that are defined outside of this module, such as the publisher.
pub(crate) trait Provide {
    /// Fills `slot`, an `Option` of a type, if this provides the type.
    fn provide(&self, context: &Context<'_>, slot: &mut dyn Any);
}

/// Provides nothing.
impl Provide for () {
    fn provide(&self, _: &Context<'_>, _: &mut dyn Any) {}
}

impl fmt::Debug for Context<'_> {
    /// Omits the payload: it may hold data that must not be logged.
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

/// The future of a running handler.
pub type HandlerFuture = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// The result of a finished handler.
pub type Outcome = Result<Events, HandlerError>;

/// The result of calling a handler: its future, or why it could not be called.
pub type Invocation = Result<HandlerFuture, Failure>;

/// Why a handler could not be called.
#[derive(Debug)]
pub enum Failure {
    /// The payload does not decode. A retry cannot succeed.
    Decode(DecodeError),
    /// An extractor returned an error.
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
