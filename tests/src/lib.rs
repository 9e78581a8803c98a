//! Shared by the tests of the workspace: a real Kafka broker, a client that writes and reads, waiting without fixed
//! sleeps, and child processes under test.
//!
//! ```no_run
//! use kafka_service_tests::{Kafka, Message};
//!
//! let Some(kafka) = Kafka::shared() else { return };      // prints the reason; panics if `CI` is set
//! let topic = kafka.new_topic("orders", 4);
//! kafka.produce(&topic, Message::new("{}").key("order-1"));
//! assert_eq!(kafka.read_all(&topic).len(), 1);
//! ```
//!
//! Everything blocks: inside `#[tokio::test]` use the multi-threaded flavour, or wait with [`wait_until_async`].
//! Failures panic, and the message has the awaited condition and what was seen instead.

#![forbid(unsafe_code)]
#![expect(clippy::panic, reason = "a test helper reports a failure by panicking in the test that called it")]

pub mod audit;
mod certificate;
mod client;
mod feeder;
mod issuer;
mod kafka;
mod log;
mod message;
mod openssl;
mod process;
mod produce;
mod python;
mod read;
mod secured;
mod wait;
mod workload;

pub use certificate::{Certificate, NewCertificate};
pub use client::{Client, unique};
pub use feeder::Feeder;
pub use issuer::{Answer, Issuer};
pub use kafka::Kafka;
pub use log::Log;
pub use message::{Message, Record};
pub use process::{Line, Process, cargo_binary};
pub use produce::OpenTransaction;
pub use python::python;
pub use secured::{On, User};
pub use wait::{Progress, wait_until, wait_until_async};
pub use workload::{Work, Workload};
