//! Publishing outside handlers while brokers are absent, slow or lost.

use std::time::{Duration, Instant};

use kafka_service::{Config, Error, KafkaService, PublishError, Publisher};
use kafka_service_tests::{unique, wait_until_async};
use rdkafka::{consumer as _, types::RDKafkaApiKey};
use serde_json::json;

use crate::{MINUTE, mock::Mock};

/// Where no broker is: a closed port, and a name that does not resolve.
const NOWHERE: [&str; 2] = ["127.0.0.1:1", "kafka.invalid:9092"];
const SHORT: Duration = Duration::from_millis(500);

fn config(servers: &str) -> Config {
    Config::new("publishing").bootstrap_servers(servers).publish_timeout(SHORT).group_id(unique("publishing"))
}
