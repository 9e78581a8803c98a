//! A service without a broker: not available yet, or disabled.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use kafka_service::{Event, PublishError, ServiceHandle};
use kafka_service::{config::Brokers, health::Reason};
use kafka_service_tests::{Kafka, wait_until};
use serde::Serialize;
use serde_json::json;

use crate::world::{PATIENCE, World, command, ready};

#[tokio::test(flavor = "multi_thread")]
async fn starting_without_a_broker_is_not_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let mut world = World::embedded("absent");
    world.config.bootstrap_servers = Brokers::Servers(address.clone());

    let start = Instant::now();
    let service = world.service().start().await.expect("the broker may start later");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    let health = service.health();
    assert!(!health.ready && !health.problems.is_empty(), "{health:?}");
    wait_until(PATIENCE, "the reason to be named", || {
        let health = service.health();
        let named = !health.ready && health.problems.iter().any(|problem| problem.to_string().contains(&address));
        if named { Ok(()) } else { Err(Box::new(health)) }
    });
    assert_eq!(service.bootstrap_servers(), address);
    stops_quickly(service).await;

    // The first request to the broker is in flight now.
    stops_quickly(world.service().start().await.expect("the broker may start later")).await;
}

async fn stops_quickly(service: ServiceHandle) {
    let start = Instant::now();
    service.shutdown().await.expect("a clean shutdown");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_starts_later_is_found() {
    let Some(kafka) = Kafka::one_node() else { return };
    let mut world = World::on(&kafka, "late", 2);
    // By default a client waits for ten seconds after a few rejected connections.
    world.config.set_property("reconnect.backoff.max.ms", "500").expect("a property");
    world.send(command("echo", "waiting", json!({"text": "x"})));
    kafka.kill(1);

    let service = world.start_unready().await;
    wait_until(PATIENCE, "the outage to be noticed", || !service.health().problems.is_empty());
    kafka.restart(1);
    wait_until(PATIENCE, "the service to be ready", || ready(&service));
    world.answer("waiting");

    world.stop(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_kafka_the_service_runs_and_publishing_fails() {
    #[derive(Serialize, Event)]
    #[event("report.created")]
    struct ReportCreated;

    let mut world = World::embedded("disabled");
    world.config.bootstrap_servers = Brokers::Disabled;
    let service = world.service().start().await.expect("Kafka is disabled");
    let health = service.health();
    assert!(health.ready && health.problems[0].reason == Reason::Disabled, "{health:?}");
    assert_eq!(service.bootstrap_servers(), "");
    let disabled = |event_type: &str| Err(PublishError::Disabled { event_type: event_type.to_owned() });
    assert_eq!(service.publisher().publish(&ReportCreated).await, disabled("report.created"));
    let untyped = service.publisher().publish_event("report.archived", json!({})).correlation_id("c-1").await;
    assert_eq!(untyped, disabled("report.archived"));
    let text = untyped.expect_err("publishing fails").to_string();
    assert!(text.contains("report.archived") && text.contains("KAFKA_BOOTSTRAP_SERVERS"), "{text}");
    service.shutdown().await.expect("a clean shutdown");
}
