//! HANDLER: everything between a decoded envelope and a user's function, in both directions.
//!
//! In: the payload ([`Payload`]) and what stands beside it ([`FromContext`]). Out: events ([`IntoEvents`]) or an error
//! ([`HandlerError`]). Handlers never see a transport type, and transports never see this module.

mod buffer;
mod command;
mod content;
mod context;
#[cfg(test)]
mod cost_tests;
mod error;
mod event;
#[cfg(test)]
mod expansion_tests;
mod extract;
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
    outcome::{Events, IntoEvents, IntoOutcome, outcome, outcome_with},
    payload::{Payload, decode},
    probe::{Probe, Undescribed},
};
pub(crate) use self::{
    error::{Class, IntoHandlerError},
    event::EventType,
    payload::DecodeError,
    state::{StateNeed, States},
};
