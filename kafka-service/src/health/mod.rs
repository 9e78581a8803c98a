//! Health of a running service: its state, what is wrong with which resource, and what to do about it.

mod board;
mod problem;
mod reason;
mod snapshot;
mod stall;
mod state;

pub use self::{
    problem::Problem,
    reason::{Operation, Reason, Resource},
    snapshot::Health,
    state::ServiceState,
};
pub(crate) use self::{
    stall::{Achieved, StallWatch, Verdict, Work},
    state::HealthState,
};
