//! Records from a client to the dispatcher, and finished work back to the client as commits.
//!
//! All decisions are made here, without a client library and without a clock: which records are taken, when a partition
//! is throttled, what is committed when, and how a revoked partition is given up. A transport implements
//! [`Client`](crate::transport::Client); the owner of the thread calls the steps of the [`Driver`].

mod client_events;
mod commit;
mod commit_answer;
mod drain;
mod driver;
mod fetch_errors;
mod overflow;
mod partition;
mod partitions;
mod progress;
mod rebalance;
mod shutdown;
mod throttle;
mod tick;
mod window;

#[cfg(test)]
pub(crate) use self::commit::ANSWER_WITHIN;
pub(crate) use self::{
    driver::{Driver, DriverSettings, End, Step},
    shutdown::{Ended, Stop},
};
