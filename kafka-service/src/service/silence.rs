//! A program without a `tracing` subscriber: everything that the service logs is discarded.

use std::{
    io::{Write as _, stderr},
    sync::Once,
};

const HINT: &str = "kafka-service: no tracing subscriber is set, so its log is discarded; set one at the start of `main`, for \
                    example `tracing_subscriber::fmt::init()` of the crate `tracing-subscriber`";

/// Says on stderr how to see the log, once per process, unless the program has set a subscriber.
pub(super) fn say_if_nothing_logs() {
    static SAID: Once = Once::new();
    if !tracing::dispatcher::has_been_set() {
        // A program without stderr runs too.
        SAID.call_once(|| _ = writeln!(stderr(), "{HINT}"));
    }
}
