//! Health of a running service: its state, what is wrong with which resource, and what to do about it.

mod access;
mod acl;
mod board;
mod problem;
mod reason;
mod snapshot;
mod stall;
mod state;

pub(crate) use self::access::Access;
#[cfg(feature = "kafka")]
pub(crate) use self::reason::how_to_create;
pub use self::{
    acl::Acl,
    problem::Problem,
    reason::{Operation, Reason, Resource},
    snapshot::Health,
    state::ServiceState,
};
pub(crate) use self::{
    stall::{Achieved, StallWatch, Verdict, Work},
    state::HealthState,
};
