//! The settings of librdkafka, which sentry_arroyo passes through.

use std::collections::HashMap;

use sentry_arroyo::backends::kafka::{InitialOffset, config::KafkaConfig};
use workload::Arm;

/// The consumer settings. They differ from the other arms: the classic group protocol with an eager assignor, because
/// sentry_arroyo's callback calls `assign` itself, which librdkafka rejects under `group.protocol=consumer`.
pub(crate) fn consumer(arm: &Arm) -> KafkaConfig {
    KafkaConfig::new_consumer_config(
        vec![arm.bootstrap.clone()],
        arm.group.clone(),
        InitialOffset::Earliest,
        false,
        // librdkafka's default; below 45 seconds it would become the session timeout as well.
        300_000,
        overrides(&[
            ("fetch.queue.backoff.ms", "10"),
            ("enable.auto.offset.store", "false"),
            // sentry_arroyo enables statistics every second; the other arms have none.
            ("statistics.interval.ms", "0"),
        ]),
    )
}

/// The producer settings.
pub(crate) fn producer(arm: &Arm) -> KafkaConfig {
    KafkaConfig::new_producer_config(
        vec![arm.bootstrap.clone()],
        overrides(&[
            ("acks", "all"),
            ("enable.idempotence", "true"),
            ("linger.ms", &arm.linger_ms),
            ("partitioner", "murmur2_random"),
            ("statistics.interval.ms", "0"),
        ]),
    )
}

#[expect(clippy::unnecessary_wraps, reason = "required by sentry_arroyo")]
fn overrides(pairs: &[(&str, &str)]) -> Option<HashMap<String, String>> {
    Some(pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect())
}
