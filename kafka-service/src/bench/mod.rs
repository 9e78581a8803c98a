//! What `benches/` measures, and nobody else sees: the engine on a broker in memory, and its stages alone.
//!
//! Nothing of the engine is copied or replaced. What stands behind its seams does nearly nothing and always the same: one
//! thread, no chance, and a time that moves by itself. So a count of instructions says something about the engine.

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
