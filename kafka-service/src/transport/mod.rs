//! The interface between the engine and a broker. Only its implementations use a client library.

mod client;
mod connect;
#[cfg(feature = "kafka")]
pub(crate) mod kafka;
mod producer;
mod read_back;
mod record;
mod reports;
mod token;
#[cfg(not(feature = "kafka"))]
pub(crate) mod unavailable;

pub(crate) use self::{
    client::{
        Client, ClientEvent, CommitAnswer, FetchError, FetchErrorKind, GroupRefusal, PartitionView, Position,
        TopicPartition,
    },
    connect::{
        ConnectError, Connection, Connector, Demand, Keeps, Monitor, NeededTopic, Progress, Replace, Subscription,
        Transport,
    },
    producer::{Cause, Producer, SendError, Undelivered},
    read_back::ReadBack,
    record::{OutRecord, OwnedRecord, Stored, TopicId},
    reports::DeliveryReports,
    token::{Token, TokenTarget},
};
