//! Records from a client to the dispatcher, and finished work back to the client as commits.
//!
//! All decisions are made here, without a client library and without a clock: which records are taken, when a partition
//! is throttled, what is committed when, and how a revoked partition is given up. A transport implements [`Client`];
//! the owner of the thread calls the steps of the [`Driver`].

mod aside;
mod client;
mod commit;
mod driver;
mod events;
mod fetch_errors;
mod hold;
mod partition;
mod partitions;
mod revoke;
mod stop;
mod tick;
mod view;

#[cfg(test)]
pub(crate) use self::commit::ANSWER_WITHIN;
pub(crate) use self::{
    client::{Client, ClientEvent, CommitAnswer, FetchError, FetchErrorKind, Position, TopicPartition},
    driver::{Driver, DriverSettings, End, Step},
    stop::{Ended, Stop},
    view::View,
};

use crate::message::Record;
