//! Attempts at a command: calling its handler, and driving what is not finished at once to its end.

mod call;
mod context;
mod delivery;
mod error;
mod in_flight;
mod job;
mod offload;
mod poll_cost;
mod retry;

pub(crate) use self::{
    call::{call, poll},
    delivery::Delivery,
    error::AttemptError,
    in_flight::InFlight,
    job::{Done, FIRST, Job, JobResult, NextStep, Started, WaitingCommand},
    offload::offload,
};
pub(crate) use self::{
    context::{AttemptContext, AttemptSettings},
    poll_cost::{PollCosts, PollWatch},
};
