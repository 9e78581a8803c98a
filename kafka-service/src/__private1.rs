//! The only names that generated code uses. Not public API: they change without notice.

pub use inventory;
pub use serde::{Serialize, Serializer};

pub use crate::{
    handler::{
        BeforePayload, Command, Context, Description, ErrorClass, Event, Events, Failure, HandlerFuture, Invocation,
        Outcome, Probe, Undescribed, blocking, class_of, decode, extract, inner_of, invocation, key, outcome,
        outcome_with, serialize_content,
    },
    registry::{ErrorType, Handler, Invoke, command_of, event_in, event_of},
};
