//! The settings of librdkafka, which RustStream passes through.

use std::env;

use ruststream_rdkafka::prelude::{Commit, KafkaBroker, KafkaTopic, StartOffset};
use workload::Arm;

/// The broker. RustStream's defaults are librdkafka's; `is_default` leaves them as they are, but for where a group starts
/// that has committed nothing: librdkafka's `latest` would skip the whole benchmark.
pub(crate) fn broker(arm: &Arm, is_default: bool) -> KafkaBroker {
    let broker = KafkaBroker::new([arm.bootstrap.as_str()]).default_group(arm.group.as_str());
    if is_default {
        return broker.config("auto.offset.reset", "earliest");
    }
    broker
        .producer_config("acks", "all")
        .producer_config("enable.idempotence", "true")
        .producer_config("linger.ms", arm.linger_ms.as_str())
        .producer_config("partitioner", "murmur2_random")
}

/// What the modes set that commit only what is done.
pub(crate) trait Tracked {
    /// The watermark is RustStream's; it is committed by librdkafka's timer, so the period of the other arms is that timer's.
    fn tracked(self) -> Self;
}

impl Tracked for KafkaTopic {
    fn tracked(self) -> Self {
        self.commit(Commit::Tracked)
            .start(StartOffset::Earliest)
            .config("group.protocol", "consumer")
            .config("fetch.queue.backoff.ms", "10")
            .config("auto.commit.interval.ms", "100")
    }
}

/// The topic of the commands: handlers are declared before there is an `Arm`.
pub(crate) fn commands() -> String {
    env::var("COMMANDS").expect("the runner passes COMMANDS")
}
