//! The service in sentry_arroyo, built from its strategies. `MODE`:
//!
//! - `acked` (the default): the handler, then `RunTaskInThreads` over its `AsyncKafkaProducer`, then `CommitOffsets`. A
//!   command is finished when the brokers have acknowledged its event.
//! - `produce`: with its `Produce` in the middle, as in its example `transform_and_produce`. `Produce` hands an event to
//!   librdkafka and does not wait for the brokers, so it commits commands whose events may still get lost.
//!
//! `CONCURRENCY` is the number of concurrent handlers. 1, the default, is `RunTask`, a synchronous handler on the
//! thread that polls: the order of a key is kept. Above 1 it is `RunTaskInThreads`, which does not keep the order.
//!
//! A comment at each setting names the differences from the other arms that could not be avoided.

mod handler;
mod pipeline;
mod settings;

use std::{env, io};

use sentry_arroyo::{
    processing::{ProcessorHandle, StreamProcessor},
    types::Topic,
};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::filter::LevelFilter;
use workload::Arm;

use crate::pipeline::{Mode, Pipeline};

fn main() {
    tracing_subscriber::fmt().with_max_level(LevelFilter::WARN).with_writer(io::stderr).init();
    let arm: &'static Arm = Box::leak(Box::new(Arm::from_env()));
    let concurrency = env::var("CONCURRENCY").map_or(1, |text| text.parse().expect("CONCURRENCY is a number"));
    let mode = match env::var("MODE").as_deref() {
        Err(_) | Ok("acked") => Mode::Acked,
        Ok("produce") => Mode::Produce,
        Ok(other) => panic!("MODE is {other}, not acked or produce"),
    };
    let runtime = Builder::new_multi_thread().enable_all().build().expect("threads can be started");
    let pipeline = Pipeline::new(arm, mode, concurrency, runtime.handle());
    let processor = StreamProcessor::with_kafka(settings::consumer(arm), pipeline, Topic::new(&arm.commands), None);
    end_at_sigterm(&runtime, processor.get_handle());
    processor.run().expect("the processor ends at SIGTERM");
}

/// The processor checks the flag after each poll, which takes up to a second when idle.
fn end_at_sigterm(runtime: &Runtime, mut processor: ProcessorHandle) {
    let _entered = runtime.enter();
    let mut terminate = signal(SignalKind::terminate()).expect("SIGTERM can be handled");
    runtime.spawn(async move {
        terminate.recv().await;
        processor.signal_shutdown();
    });
}
