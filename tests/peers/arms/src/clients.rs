//! The settings of all hand-written arms.

use rdkafka::ClientConfig;
use workload::Arm;

/// Consumer settings. `tuned`: librdkafka's default waits a whole second when its prefetch queue is full.
#[must_use]
pub fn consumer_settings(arm: &Arm, tuned: bool) -> ClientConfig {
    let mut settings = ClientConfig::new();
    settings
        .set("bootstrap.servers", &arm.bootstrap)
        .set("group.id", &arm.group)
        .set("group.protocol", "consumer")
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false");
    if tuned {
        settings.set("fetch.queue.backoff.ms", "10");
    }
    settings
}

/// Producer settings.
#[must_use]
pub fn producer_settings(arm: &Arm) -> ClientConfig {
    let mut settings = ClientConfig::new();
    settings
        .set("bootstrap.servers", &arm.bootstrap)
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("linger.ms", &arm.linger_ms)
        .set("partitioner", "murmur2_random");
    settings
}
