//! What the whole pipeline promises, seen from outside: commands go into a topic, and what comes out of the others, and
//! what the group has committed, is all that is looked at.
//!
//! One module for each behaviour. The handlers are the same for all of them (`handlers.rs`), because a program has one set
//! of handlers; what they did is on the board of their service (`board.rs`). Topics and groups are each test's own
//! (`world.rs`), so the tests run side by side.

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
