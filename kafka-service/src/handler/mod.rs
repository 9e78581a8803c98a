//! Everything between a decoded envelope and a user's function, in both directions.
//!
//! In: the payload ([`Payload`]) and the other arguments ([`FromContext`]). Out: events ([`IntoEvents`]) or an error
//! ([`HandlerError`]). Handlers never see a transport type, and transports never see this module.

mod buffer;
mod classifiers;
mod command;
mod content;
mod context;
#[cfg(test)]
mod cost_tests;
mod decode_error;
mod details;
mod error;
mod event;
#[cfg(test)]
mod expansion_tests;
mod extra;
mod extract;
mod headers;
mod judged;
mod message_context;
mod outcome;
mod payload;
mod probe;
mod raw_payload;
mod state;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use self::{
    classifiers::Classifiers,
    decode_error::DecodeError,
    details::Details,
    error::IntoHandlerError,
    event::{EventType, NamedEvent},
    state::{StateNeed, States},
};
pub use self::{
    command::Command,
    content::serialize_content,
    context::{Context, Failure, HandlerFuture, Invocation, Outcome},
    error::{ErrorClass, HandlerError, ResultExt},
    event::{Event, key},
    extra::ExtraFields,
    extract::{CorrelationId, FromContext, Meta, State},
    headers::Headers,
    judged::outcome_with,
    message_context::MessageContext,
    outcome::{Events, IntoEvents, IntoOutcome, outcome},
    payload::{Payload, decode},
    probe::{Probe, Undescribed},
    raw_payload::RawPayload,
};
