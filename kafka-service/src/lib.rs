//! A framework for Kafka microservices: handlers are typed async functions, delivery is at-least-once, and records of one
//! key are handled in order.
//!
//! A service consumes *commands*, calls the handler for each, and publishes the *events* that the handler returns. It can
//! also handle the events of other services. You write the functions and their types. The framework decodes the messages,
//! runs different keys concurrently and each key in order, retries failures with backoff, dead-letters what still
//! fails or does not decode, and commits an offset only when every record before it is finished.
//!
//! # Getting started
//!
//! ```sh
//! cargo new user-service && cd user-service
//! cargo add kafka-service --path ../kafka-service/kafka-service # in a checkout of the repository; not on crates.io yet
//! cargo add serde --features derive
//! cargo add tokio --features macros,rt-multi-thread
//! cargo add tracing-subscriber
//! ```
//!
//! The complete `src/main.rs`:
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
//!     tracing_subscriber::fmt::init(); // otherwise nothing is logged
//!     KafkaService::from_env()?.run().await
//! }
//! ```
//!
//! To run it without installing Kafka, use the embedded broker: `KAFKA_BOOTSTRAP_SERVERS=embedded cargo run`. The log shows
//! its address, and any Kafka client can connect to it. To run it against a real broker:
//! `KAFKA_BOOTSTRAP_SERVERS=localhost:9092 KAFKA_CREATE_TOPICS=true cargo run`. The Kafka client is librdkafka, so building
//! needs a C and a C++ compiler and make (`build-essential` on Debian).
//!
//! By default commands are consumed from the topic `service_commands` and events are published to `service_events`. A
//! command is one JSON object:
//!
//! ```json
//! {"type": "create_user", "correlation_id": "c-1", "payload": {"name": "Ada"}}
//! ```
//!
//! This is the event that answers it, published with the record key `Ada`:
//!
//! ```json
//! {"type": "user.created", "correlation_id": "c-1", "timestamp": "2026-11-23T17:40:00.123456Z",
//!  "payload": {"name": "Ada"}, "source": "user-service", "id": "f08b7c59-f40e-852b-a543-3cbe83280f3c"}
//! ```
//!
//! # Guide
//!
//! The [guide] has a page for each subject: [handlers](guide::handlers), [events](guide::events),
//! [errors](guide::errors), [state](guide::state), [health](guide::health), [security](guide::security),
//! [testing](guide::testing), [performance](guide::performance).
//!
//! # Handlers
//!
//! [`#[command("name")]`](macro@command) turns a free function into a handler. The function itself is unchanged, so unit
//! tests call it directly.
//!
//! * The **last argument** is the payload: any type that implements `serde::Deserialize`. A function without arguments
//!   ignores the payload. Validation is part of decoding: use a type that rejects bad values (`#[serde(try_from = "..")]`).
//! * The **arguments before it** are extractors: [`State<T>`](State) for shared state, [`CorrelationId`], [`Meta`] (topic,
//!   partition, offset, key, timestamp, attempt, source), [`Headers`], [`ExtraFields`], [`Publisher`], and
//!   [your own](FromContext).
//! * The **return type** is `()`, an event, an `Option`, a `Vec` or a tuple of events, or a `Result` of one of these. An
//!   event is a type that derives [`Event`](macro@Event).
//! * An `async fn` runs on the async runtime. A plain `fn` runs on the blocking thread pool.
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
//!     // Retryable: the stock may be replenished before the next attempt. After the last one the command is dead-lettered.
//!     let left = stock.checked_sub(order.count).ok_or_else(|| format!("attempt {}: not enough", meta.attempt()))?;
//!     *stock = left;
//!     Ok(Reserved { item: order.item, left })
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Handlers are discovered, not registered, and the embedded broker needs no installation.
//! let config = kafka_service::Config::new("shop").bootstrap_servers("embedded");
//! let service = kafka_service::KafkaService::new(config).state(Stock::default()).start().await?;
//! service.ready().await?;
//! service.shutdown().await?;
//! # Ok(()) }
//! ```
//!
//! Handlers are discovered in every module of every crate that is linked into the program. Rust does not link a crate that
//! no code mentions; to include its handlers, write `use that_crate as _;`. At startup the service logs each handler with
//! its file and line. It does not start if two handlers have the same name and topic or a state is missing.
//!
//! # Event handlers
//!
//! [`#[event("type")]`](macro@event) turns a function into an event handler. Event handlers have the same arguments,
//! return types, ordering, retries and dead letters (`service_events-dlq`) as command handlers. Whether a message is a
//! command or an event depends on its topic. If there is an event handler, the service consumes the events topic too.
//! `KAFKA_SUBSCRIBED_EVENTS_TOPICS` replaces this default; the topics that it lists are consumed even without an event
//! handler. Without a command handler, the commands topic is not consumed. Events without a handler are skipped silently. A service also consumes the events that it published itself.
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
//! This example uses a closure instead of the attribute. [`on_event`](KafkaService::on_event) and
//! [`on_command`](KafkaService::on_command) add handlers at run time.
//!
//! # Errors and retries
//!
//! Any error that `?` converts into a [`HandlerError`] is *retryable*: by default a handler is called up to five times,
//! with exponential backoff and jitter, while other keys proceed. [`.permanent()`](ResultExt::permanent) marks an error
//! as permanent, and the command is not retried. [`#[derive(Classify)]`](derive@Classify) states it in an error type of
//! your own, with `#[permanent]` on a variant. A command that still fails is dead-lettered: it is published to
//! `service_commands-dlq` byte for byte, with [headers](dead_letter) that say why. Messages that are not valid JSON or
//! do not decode are dead-lettered too.
//!
//! # Publishing
//!
//! [`Publisher::publish`] publishes an event, [`Publisher::send`] sends a [`Command`]. Both return a [`Publication`], on
//! which you can set the correlation id, key, headers and topic. Await it to wait for the broker's acknowledgement, or
//! [detach](Publication::detach) it. A handler takes its publisher as an argument, and the command is finished only when
//! everything published through it is acknowledged. A program that only publishes, such as a web server, needs no service:
//! use [`Publisher::connect`].
//!
//! # Delivery guarantees
//!
//! * **At-least-once.** An offset is committed only when every earlier record of its partition is finished: its events
//!   are acknowledged by all in-sync replicas, it is dead-lettered and the dead letter is acknowledged, or it is
//!   skipped (unknown command, event without a handler, tombstone). This holds provided acknowledged records are
//!   durable, for example with replication factor 3 and `min.insync.replicas=2`.
//! * **Ordered per key.** Records of one key are handled one after another, in partition order; different keys run
//!   concurrently. A record without a key is ordered by its correlation id. Events of one key are handed to the producer in
//!   the order of their commands.
//! * **Backpressure.** A slow or failing command delays its own key. When the window of uncommitted records of its partition
//!   (`KAFKA_MAX_UNCOMMITTED`) is full, that partition is paused and the others proceed. The poll loop never waits for a
//!   handler, so a slow handler never causes a rebalance.
//! * **Bad input** is dead-lettered. It never stops the service, unless you set a limit (`KAFKA_DEAD_LETTER_LIMIT`).
//! * **Rebalances and graceful shutdowns wait for handlers in flight.** When a partition is revoked, handlers in flight finish within a
//!   deadline and their offsets are committed. For a partition that is lost, nothing is committed.
//! * **Duplicates are possible**, so handlers must be idempotent. After a crash or a lost partition, at most
//!   `KAFKA_MAX_UNCOMMITTED` records of each partition are redelivered. The guide lists the
//!   [other cases](guide::errors#redelivery). When offsets are reset to the log start (topic recreated or log
//!   truncated), every record still in the log is redelivered. A redelivered command publishes events with the same
//!   `id`, so consumers can deduplicate. There is no exactly-once mode.
//!
//! # Configuration
//!
//! A service is configured with `KAFKA_*` environment variables or with the setters of [`Config`], which documents them all.
//! Other properties of librdkafka are set in the same way: `linger.ms` is `KAFKA_LINGER_MS`. Those that the guarantees
//! depend on are rejected.
//!
//! # Cargo features
//!
//! | feature | default | enables |
//! |---|---|---|
//! | `kafka` | yes | the Kafka client (librdkafka) and the embedded broker |
//! | `zstd` | yes | topics compressed with zstd |
//! | `tls` | no | TLS, SCRAM and OAUTHBEARER, with OpenSSL built from source (needs perl) |
//! | `oidc` | no | OAUTHBEARER with tokens from an OpenID Connect provider; includes `tls` and `cmake-build` (builds libcurl) |
//! | `gssapi` | no | Kerberos (needs Cyrus SASL, and OpenSSL unless `tls` is enabled) |
//! | `cmake-build` | no | building librdkafka with cmake (needs cmake, and without `oidc` the headers of libcurl) instead of its configure script; set `CFLAGS="-DHAVE_ATOMICS_32_ATOMIC=1 -DHAVE_ATOMICS_64_ATOMIC=1"` for the build, or a lost connection is noticed late |
//! | `dynamic-linking` | no | linking an installed librdkafka instead of building it |
//! | `full` | no | `kafka` and `zstd`; not `tls` |
// Documentation names the feature that an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]

// In this order: each module uses those above it, never those below.
mod clock;
mod sync;

mod message;

pub mod config;

mod handler;

mod registry;

pub mod health;

pub mod dead_letter;

pub mod oauth;

#[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "nothing else uses all of the interface"))]
mod transport;

mod offsets;

mod acks;

mod publisher;

mod engine;

mod error;

mod service;

#[cfg(test)]
mod simulation;

pub mod guide;
pub mod testing;

// Its version is part of the name, so that generated code never meets another version of it.
#[doc(hidden)]
pub mod __private1;

#[cfg(feature = "bench-internals")]
#[doc(hidden)]
pub mod __bench;

#[doc = include_str!("docs/derive_classify.md")]
pub use kafka_service_macros::Classify;
#[doc = include_str!("docs/derive_command.md")]
pub use kafka_service_macros::Command;
#[doc = include_str!("docs/derive_event.md")]
pub use kafka_service_macros::Event;
#[doc = include_str!("docs/command.md")]
pub use kafka_service_macros::command;
#[doc = include_str!("docs/event.md")]
pub use kafka_service_macros::event;

pub use self::{
    config::Config,
    error::Error,
    handler::{
        Command, CorrelationId, ErrorClass, Event, ExtraFields, FromContext, HandlerError, Headers, IntoEvents,
        IntoOutcome, Meta, Payload, RawPayload, ResultExt, State,
    },
    health::Health,
    publisher::{MessageContext, Publication, PublishError, Publisher},
    service::{HandlerOptions, HealthWatch, KafkaService, ServiceHandle, StopSignal},
};
