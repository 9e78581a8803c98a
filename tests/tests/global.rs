//! `Publisher::global()` is one per process, so this is a separate program.

use std::time::Duration;

use kafka_service::config::Brokers;
use kafka_service::{Config, KafkaService, PublishError, Publisher, command};
use kafka_service_tests::Client;
use serde_json::json;

#[command("nothing")]
async fn nothing() {}

fn service(name: &str, servers: Brokers) -> KafkaService {
    let mut config = Config::new(name);
    config.bootstrap_servers = servers;
    KafkaService::new(config)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_global_publisher_belongs_to_the_first_service() {
    assert_eq!(Publisher::global().map(|_| ()), Err(PublishError::NotStarted));

    let first = service("first", Brokers::Embedded).start().await.expect("the service starts");
    let second = service("second", Brokers::Disabled).start().await.expect("the service starts");
    let publisher = Publisher::global().expect("a service was started");
    publisher
        .publish_event("report.created", json!({}))
        .correlation_id("c-1")
        .await
        .expect("the first service has a broker");
    let client = Client::new(first.bootstrap_servers());
    let event = &client.read_count("service_events", Duration::from_secs(20), 1)[0];
    assert_eq!((&event.json()["source"], &event.json()["correlation_id"]), (&json!("first"), &json!("c-1")));
    for service in [first, second] {
        service.shutdown().await.expect("a clean shutdown");
    }
}
