//! Write Kafka microservices as plain typed async functions.
#![cfg_attr(
    not(feature = "kafka"),
    allow(dead_code, unused_imports, reason = "without a transport there is nothing for the engine to run on")
)]

mod message;
mod envelope;
mod transport;
mod registry;
mod dispatch;
mod handler;
mod retry;
mod publish;
pub mod dead_letter;
mod commit;
pub mod config;
mod health;
mod error;
mod service;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use kafka_service_macros::{Event, command};

pub use self::{
    error::Error,
    handler::{Classify, CorrelationId, Event, FromContext, HandlerError, IntoEvents, IntoOutcome, Meta, Payload, State},
    health::Health,
    publish::{Publication, PublishError, Publisher},
};
pub use self::config::Config;
#[cfg(feature = "kafka")]
pub use self::service::{KafkaService, ServiceHandle};
