//! HANDLER: everything between a decoded envelope and a user's function, in both directions.
//!
//! In: the payload ([`Payload`]) and what stands beside it ([`FromContext`]). Out: events ([`IntoEvents`]) or an error
//! ([`HandlerError`]). Handlers never see a transport type, and transports never see this module.

mod buffer;
mod command;
mod content;
mod context;
mod error;
mod event;
#[cfg(test)]
mod expansion_tests;
mod extract;
mod judged;
mod outcome;
mod payload;
mod probe;
mod state;
#[cfg(test)]
pub(crate) mod testing;

pub use self::{
    command::Command,
    content::serialize_content,
    context::{Context, Failure, HandlerFuture, Invocation, Outcome},
    error::{Classify, HandlerError},
    event::{Event, key},
    extract::{CorrelationId, FromContext, Meta, State},
    judged::outcome_with,
    outcome::{Events, IntoEvents, IntoOutcome, outcome},
    payload::{Payload, decode},
    probe::{Probe, Undescribed},
};
pub(crate) use self::{
    error::{Class, IntoHandlerError},
    event::NamedEvent,
    payload::DecodeError,
    state::{StateNeed, States},
};
