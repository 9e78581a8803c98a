//! What the whole pipeline guarantees, seen from outside: the tests write commands to a topic, and check only the other
//! topics and the committed offsets.
//!
//! There is one module for each behaviour. They share the handlers (`handlers.rs`), because a program has one set of
//! handlers; the board of a service (`board.rs`) records what they did. Each test has its own topics and group
//! (`world.rs`), so the tests run in parallel.

mod answers;
mod bad_input;
mod board;
mod classify;
mod closures;
mod dead_letters;
mod detached;
mod events;
mod forms;
mod handlers;
mod instances;
mod large_events;
mod limits;
mod memory;
mod message_ids;
mod no_broker;
mod options;
mod ordering;
mod producer_queue;
mod protocols;
mod publisher;
mod reading;
mod retries;
mod sending;
mod shutdown;
mod topics;
mod unknown;
mod volume;
mod world;
