//! The service in RustStream, in one of the ways of its documentation. `MODE`:
//!
//! - `lanes` (the default): 1,000 lanes by record key, `Commit::Tracked`. An event is a reply, and a command is
//!   finished when the brokers have acknowledged it.
//! - `batch`: slices of up to 1,000 commands, `Commit::Tracked`. The events of a slice are sent together.
//! - `default`: one command at a time and librdkafka's own commits, as in the first example of "Getting started". It
//!   commits unfinished commands, and waits for the acknowledgement of each event.
//!
//! A comment at each setting names the differences from the other arms that could not be avoided.

mod batch;
mod one;
mod order;
mod settings;

use std::{convert::Infallible, env, io, sync::Arc};

use ruststream_rdkafka::prelude::{AppInfo, FromRef, Publish, RustStream, SubscriberSettings, nonzero};
use tracing_subscriber::filter::LevelFilter;
use workload::Arm;

use crate::order::KeyedToEvents;

/// The state that the handlers share.
#[derive(Clone, FromRef)]
struct Shared {
    arm: &'static Arm,
}

// The runtime that `#[ruststream::app]` would create: tokio's default. The attribute is not used because its `main`
// requires the argument `run`.
#[tokio::main]
async fn main() {
    tracing_subscriber::fmt().with_max_level(LevelFilter::WARN).with_writer(io::stderr).init();
    let mode = env::var("MODE").unwrap_or_else(|_| "lanes".to_owned());
    let arm: &'static Arm = Box::leak(Box::new(Arm::from_env()));
    let service = RustStream::new(AppInfo::new("order-service", "0.1.0"))
        .on_startup(async move |()| Ok::<_, Infallible>(Shared { arm }))
        .after_startup(async |shared: Arc<Shared>| {
            shared.arm.ready();
            Ok::<_, Infallible>(())
        })
        .with_broker(settings::broker(arm, mode == "default"), |mount| match mode.as_str() {
            "lanes" => {
                mount.include(one::in_lanes).out_reply(Publish::default()).transform(KeyedToEvents::new(arm));
            }
            "batch" => {
                mount.include(batch::in_slices.batch(nonzero!(1000))).out(batch::Events, Publish::default()).build();
            }
            "default" => {
                mount.include(one::one_by_one).out_reply(Publish::default()).transform(KeyedToEvents::new(arm));
            }
            other => panic!("MODE is {other}, not lanes, batch or default"),
        });
    service.run().await.expect("the service starts, and ends at SIGTERM");
}
