//! The transport for Apache Kafka, or for librdkafka's in-process mock of it. Only this folder uses rdkafka.

mod client;
mod client_config;
mod client_log;
mod close;
mod consumer;
mod context;
mod delivery_watch;
mod embedded;
mod ffi;
mod fresh;
mod linger;
mod probe;
mod producer;
mod producer_topics;
mod read_back;
mod refused;
mod renewals;
mod reports;
mod supervisor;
mod topics;
mod watched;

pub(crate) use self::{
    client_config::{built_in_features, describe},
    consumer::{ConsumerHandle, ConsumerSettings, spawn},
    embedded::EmbeddedBroker,
    producer::KafkaProducer,
    read_back::KafkaReadBack,
    topics::NeededTopic,
};
