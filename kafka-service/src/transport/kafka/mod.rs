//! The broker that is Apache Kafka, or librdkafka's in-process mock of it. Nothing outside this folder names rdkafka.

mod client_config;
mod client_log;
mod close;
mod commits;
mod consumer;
mod embedded;
mod ffi;
mod partitions;
mod producer;
mod rebalance;
mod topics;

pub(crate) use self::{
    client_config::{built_in_features, describe},
    consumer::{ConsumerHandle, ConsumerSettings, spawn},
    embedded::EmbeddedBroker,
    ffi::NativeRecord,
    producer::KafkaProducer,
    topics::NeededTopic,
};
