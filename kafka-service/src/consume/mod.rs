//! CONSUME: records from a client to the dispatcher, and finished work back to the client as commits.
//!
//! Everything that decides stands here and knows no client library and no clock of its own: which records are taken, when a
//! partition takes no more, what is committed when, and how a partition is given back. A transport implements [`Client`];
//! the [`Driver`] is stepped by whoever owns the thread.

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
