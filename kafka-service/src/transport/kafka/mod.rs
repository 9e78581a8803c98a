//! The broker that is Apache Kafka, or librdkafka's in-process mock of it. Nothing outside this folder names rdkafka.

mod client;
mod client_config;
mod client_log;
mod close;
mod consumer;
mod context;
mod embedded;
mod ffi;
mod linger;
mod producer;
mod producer_topics;
mod read_back;
mod reports;
mod topics;

pub(crate) use self::{
    client_config::{built_in_features, describe},
    consumer::{ConsumerHandle, ConsumerSettings, spawn},
    embedded::EmbeddedBroker,
    producer::KafkaProducer,
    read_back::KafkaReadBack,
    topics::NeededTopic,
};
