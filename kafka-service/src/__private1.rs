//! The only names that generated code uses. Not public API: they change without notice.

pub use inventory;
pub use serde::{Serialize, Serializer};

pub use crate::{
    handler::{
        Command, Context, Description, Event, Events, Failure, HandlerFuture, Invocation, Outcome, Probe, Undescribed,
        blocking, decode, extract, invocation, key, outcome, outcome_with, serialize_content,
    },
    registry::{Handler, Invoke, command_of, event_in, event_of},
};
