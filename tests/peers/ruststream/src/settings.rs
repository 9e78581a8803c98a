//! The librdkafka settings, which RustStream passes through.

use std::env;

use ruststream_rdkafka::prelude::{Commit, KafkaBroker, KafkaTopic, StartOffset};
use workload::Arm;

/// The broker. RustStream's defaults are librdkafka's; `is_default` keeps them, except for the start offset of a new
/// group: librdkafka's `latest` would skip the whole benchmark.
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

/// The settings of the modes that commit only finished commands.
pub(crate) trait Tracked {
    /// RustStream computes the watermark, and librdkafka's timer commits it, so that timer has the period of the other
    /// arms.
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
