//! The engine: records from a consuming client to handlers, their events to the producer, and finished offsets back.
//!
//! The [`consumer`] runs on a thread of its own and hands [`Batch`]es to the [`dispatcher`], which is one task. It calls
//! handlers ([`attempt`]) and hands over what they return ([`output`]).

mod assembly;
mod attempt;
mod batch;
mod consumer;
mod counters;
mod dispatcher;
mod fatal;
mod key_hash;
mod log_text;
mod output;
mod shared;

use self::batch::{Batch, BatchEntry, Control};
#[cfg(test)]
pub(crate) use self::consumer::ANSWER_WITHIN;
pub(crate) use self::{
    assembly::Assembly,
    attempt::AttemptSettings,
    consumer::{Driver, DriverSettings, End, Ended, Step, Stop},
    counters::Counters,
    dispatcher::{Dispatcher, DispatcherSettings},
    output::OutputSettings,
    shared::Shared,
};
