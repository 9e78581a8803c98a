//! Write Kafka microservices as plain typed async functions: ordered per key, nothing lost, as fast as a loop written by
//! hand.
//!
//! A service consumes *commands*, calls a function for each, and publishes the *events* that the function returns. It may
//! react to the events of others too. You
//! write the function and its types; this crate does the rest: it finds the function, decodes the message, runs
//! different keys concurrently and one key in order, retries, puts what cannot be handled into a dead-letter topic, and
//! commits a position only when everything up to it is done.
//!
//! # From nothing to a running service
//!
//! ```sh
//! cargo new user-service && cd user-service
//! cargo add kafka-service
//! cargo add serde --features derive
//! cargo add tokio --features macros,rt-multi-thread
//! cargo add tracing-subscriber        # to see the log
//! ```
//!
//! The whole of `src/main.rs`:
//!
//! ```no_run
//! use kafka_service::{Event, KafkaService, command};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize)]
//! struct CreateUser { name: String }
//!
//! #[derive(Serialize, Event)]
//! #[event("user.created", key = name)]
//! struct UserCreated { name: String }
//!
//! /// Creates a user.
//! #[command("create_user")]
//! async fn create_user(command: CreateUser) -> UserCreated {
//!     UserCreated { name: command.name }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), kafka_service::Error> {
//!     tracing_subscriber::fmt::init();
//!     KafkaService::from_env()?.run().await
//! }
//! ```
//!
//! Run it with a broker inside the process, nothing to install: `KAFKA_BOOTSTRAP_SERVERS=embedded cargo run`. The log
//! shows the address of the broker, and any Kafka client can talk to it. Run it with a real one:
//! `KAFKA_BOOTSTRAP_SERVERS=localhost:9092 KAFKA_CREATE_TOPICS=true cargo run`. Building needs a C and a C++ compiler
//! and make (`build-essential` on Debian), because the Kafka client is librdkafka.
//!
//! Commands are read from the topic `service_commands`, events go to `service_events`. A command is one JSON object:
//!
//! ```json
//! {"type": "create_user", "correlation_id": "c-1", "payload": {"name": "Ada"}}
//! ```
//!
//! and this is its event, with the record key `Ada`:
//!
//! ```json
//! {"type": "user.created", "correlation_id": "c-1", "timestamp": "2026-11-23T17:40:00.123456Z",
//!  "payload": {"name": "Ada"}, "source": "user-service", "id": "f08b7c59-f40e-852b-a543-3cbe83280f3c"}
//! ```
//!
//! # The guide
//!
//! Task by task, with examples: [the idea](guide), [handlers](guide::handlers), [events](guide::events),
//! [errors](guide::errors), [state](guide::state), [testing](guide::testing), [performance](guide::performance).
//!
//! # Handlers
//!
//! [`#[command("name")]`](macro@command) goes on a free function; the function stays as it is, and unit tests call it.
//!
//! * The **last argument** is the payload: any type that derives `serde::Deserialize`. Without arguments the payload is
//!   ignored. Validation is decoding: a type that refuses a bad value (`#[serde(try_from = "..")]`) is a check.
//! * The arguments **before** it are extractors: [`State<T>`](State) for what the handlers share, [`CorrelationId`],
//!   [`Meta`] (topic, partition, offset, key, timestamp, attempt, source), [`Headers`], [`Extra`], [`Publisher`], and
//!   [your own](FromContext).
//! * It **returns** `()`, an event, an `Option`, a `Vec` or a tuple of events, or a `Result` of one of these. An event is
//!   a type that derives [`Event`](macro@Event).
//! * An `async fn` runs on the runtime; a plain `fn` runs on the pool for blocking work, so that it holds up nothing.
//!
//! ```standalone_crate
//! use std::sync::{Arc, Mutex};
//! use kafka_service::{Event, HandlerError, Meta, State, command};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Default)]
//! struct Stock(Arc<Mutex<u32>>);
//!
//! #[derive(Deserialize)]
//! struct Reserve { item: String, count: u32 }
//!
//! #[derive(Serialize, Event)]
//! #[event("stock.reserved", key = item)]
//! struct Reserved { item: String, left: u32 }
//!
//! #[command("reserve")]
//! async fn reserve(State(stock): State<Stock>, meta: Meta, order: Reserve) -> Result<Reserved, HandlerError> {
//!     let mut stock = stock.0.lock().map_err(|_| "the stock is in an unknown state")?;
//!     // Retried: there may be more by then. After the last attempt the command is dead-lettered.
//!     let left = stock.checked_sub(order.count).ok_or_else(|| format!("attempt {}: not enough", meta.attempt()))?;
//!     *stock = left;
//!     Ok(Reserved { item: order.item, left })
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Nothing is registered by hand, and the embedded broker needs nothing installed.
//! let mut config = kafka_service::Config::new("shop");
//! config.bootstrap_servers = kafka_service::config::Bootstrap::Embedded;
//! let service = kafka_service::KafkaService::new(config).state(Stock::default()).start().await?;
//! service.ready().await?;
//! service.shutdown().await?;
//! # Ok(()) }
//! ```
//!
//! Handlers are found wherever they stand, in any module and any crate that is linked. A crate that nothing else mentions
//! is not linked by Rust: write `use that_crate as _;`. At start the log shows every handler with its file and line, and
//! two handlers with one name, or a state that nobody provided, keep the service from starting.
//!
//! # Events of others
//!
//! A service also reacts to what others publish. A handler for an event takes and returns what one for a command does, and
//! order, retries and dead letters (`service_events-dlq`) are the same. The topic says what a message is: with such a handler
//! the service consumes the events topic too, or the topics of `KAFKA_SUBSCRIBED_EVENTS_TOPICS`; without one for commands it
//! leaves the commands topic alone. Events that no handler wants pass without a word, and its own come back like any other.
//!
//! ```no_run
//! # use kafka_service::{Event, KafkaService, MessageContext};
//! # use serde::{Deserialize, Serialize};
//! #[derive(Deserialize)]
//! struct PaymentSettled { order: String }
//!
//! #[derive(Serialize, Event)]
//! #[event("order.released", key = order)]
//! struct OrderReleased { order: String }
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! KafkaService::from_env()?
//!     .on_event("payment.settled", |_: MessageContext, payment: PaymentSettled| async move {
//!         OrderReleased { order: payment.order }
//!     })
//!     .run()
//!     .await?;
//! # Ok(()) }
//! ```
//!
//! Closures like this one, added with [`on_event`](KafkaService::on_event) and [`on_command`](KafkaService::on_command), are
//! for services that are put together at run time.
//!
//! # Errors
//!
//! Every error that `?` takes becomes a [`HandlerError`] and is *retryable*: the handler is called again, five times in
//! all, with growing pauses; meanwhile other keys go on. [`.permanent()`](Classify::permanent) says that trying again
//! cannot help. A handler that returns an error type of its own says once what each failure means:
//! [`.classify::<UserError>(..)`](KafkaService::classify). What stays failed goes to the dead-letter topic,
//! `service_commands-dlq`, byte for byte, with [headers](dead_letter) that say why, as does what is no message at all or
//! does not decode.
//!
//! [`Publisher::publish`] takes an event, [`send`](Publisher::send) a [`Command`]; both give a [`Publication`], on which
//! correlation id, key, headers and topic can be set, and which is awaited, or [detached](Publication::detach). In a handler
//! the publisher is an argument, and the command is finished only when all that was published through it is acknowledged.
//! A program that only publishes, such as a web server, needs no handlers: [`Publisher::connect`].
//!
//! # What is promised
//!
//! * **Nothing is lost.** A position is committed only when every earlier position of its partition is finished: its
//!   events are acknowledged by all in-sync replicas, or it is in the dead-letter topic (acknowledged), or it was skipped
//!   by a stated policy. That holds as far as the brokers keep what they acknowledge: three replicas,
//!   `min.insync.replicas=2`.
//! * **Order per key.** Records of one key (the record's; without one, the correlation id) are handled one after another;
//!   different keys run concurrently. Events of one key are handed to the producer in the order of their commands.
//! * **Bad input never stops the service** and never disappears.
//! * **Duplicates are possible** after a crash or a lost partition, at most `KAFKA_MAX_UNCOMMITTED` for each partition; in
//!   the [other cases](guide::errors#redelivery) that the guide lists; and after an offset reset that goes back, because a
//!   topic was recreated or its log truncated: what the log still has.
//!   A redelivered command publishes events with the same `id`s, so readers can drop them.
//!
//! # Configuration
//!
//! `KAFKA_*` variables or fields of [`Config`]; the [`config`] module has the table. Anything that librdkafka can be told
//! goes the same way: `linger.ms` is `KAFKA_LINGER_MS`.
//!
//! # Features
//!
//! | feature | default | what |
//! |---|---|---|
//! | `kafka` | yes | the Kafka client (librdkafka) and the embedded broker |
//! | `zstd` | yes | topics compressed with zstd |
//! | `tls` | no | TLS, SCRAM and OAUTHBEARER, with OpenSSL built from source (needs perl) |
// The documentation names the feature that an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "kafka"),
    allow(dead_code, unused_imports, reason = "without a transport there is nothing for the engine to run on")
)]

// In the order in which a message passes them.
mod commit;
mod consume;
pub mod dead_letter;
mod dispatch;
mod envelope;
mod handler;
mod publish;
mod registry;
mod retry;
mod transport;

mod clock;
mod message;

pub mod config;
mod error;
pub mod health;
#[cfg(feature = "kafka")]
mod service;
#[cfg(test)]
mod simulation;

pub mod guide;
pub mod testing;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[cfg(feature = "bench-internals")]
#[doc(hidden)]
#[path = "bench/mod.rs"]
pub mod __bench;

#[doc = include_str!("docs/derive_command.md")]
pub use kafka_service_macros::Command;
#[doc = include_str!("docs/derive_event.md")]
pub use kafka_service_macros::Event;
#[doc = include_str!("docs/command.md")]
pub use kafka_service_macros::command;
#[doc = include_str!("docs/event.md")]
pub use kafka_service_macros::event;

#[cfg(feature = "kafka")]
pub use self::service::{HealthWatch, KafkaService, ServiceHandle};
pub use self::{
    config::Config,
    error::Error,
    handler::{
        Classify, Command, CorrelationId, ErrorClass, Event, Extra, FromContext, HandlerError, Headers, IntoEvents,
        IntoOutcome, MessageContext, Meta, Payload, RawPayload, State,
    },
    health::Health,
    publish::{Publication, PublishError, Publisher},
};
