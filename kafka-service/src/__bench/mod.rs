//! The code behind `benches/`, not for other use: the engine on a broker in memory, and its single stages.
//!
//! No code of the engine is copied or replaced. The implementations of its traits do nearly nothing, and always the
//! same: one thread, no randomness, and a time that advances by itself. So a count of instructions measures the engine.

#![allow(missing_debug_implementations, reason = "benchmarks print figures and nothing else")]

mod broker;
mod engine;
mod latency;
mod stages;

pub use self::{
    broker::{Command, PARTITIONS},
    engine::{Engine, Report},
    latency::latencies,
    stages::{Encoding, Window, decode},
};
