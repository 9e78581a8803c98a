//! Everything between a decoded envelope and a user's function, in both directions.
//!
//! In: the payload ([`Payload`]) and the other arguments ([`FromContext`]). Out: events ([`IntoEvents`]) or an error
//! ([`HandlerError`]). Handlers never see a transport type, and transports never see this module.

mod context;
#[cfg(test)]
mod cost_tests;
mod describe;
mod details;
#[cfg(test)]
mod enum_tests;
mod error;
#[cfg(test)]
mod expansion_tests;
mod extract;
mod invoke;
mod needs;
mod order;
mod payload;
mod response;
mod states;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use self::{
    context::Provide,
    details::Details,
    error::{ClassOf, Classifiers, InnerOf, IntoHandlerError},
    extract::built_in,
    invoke::blocking_calls,
    needs::Needs,
    order::NeverPayload,
    payload::{DecodeError, decode_by_type},
    response::{EventType, NamedEvent},
    states::States,
};
pub use self::{
    context::{Context, Failure, HandlerFuture, Invocation, Outcome},
    describe::{Description, Probe, Undescribed},
    error::{ErrorClass, HandlerError, ResultExt, class_of, inner_of},
    extract::{CorrelationId, ExtraFields, FromContext, Headers, Meta, State},
    invoke::{blocking, extract, invocation},
    order::BeforePayload,
    payload::{Payload, RawPayload, decode},
    response::{Command, Event, Events, IntoEvents, IntoOutcome, key, outcome, outcome_with, serialize_content},
};
