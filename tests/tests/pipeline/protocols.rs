//! The group protocol with a broker that supports only the classic one.

use std::time::Duration;

use kafka_service::Error;
use kafka_service::config::GroupProtocol;
use kafka_service_tests::{Kafka, wait_until};
use serde_json::json;

use crate::world::{PATIENCE, World, command};

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_without_the_new_protocol_gets_the_classic_one() {
    let Some(kafka) = Kafka::with(1, &[("group.coordinator.rebalance.protocols", "classic")]) else { return };
    let world = World::on(&kafka, "classic", 2);
    assert_eq!(world.config.group_protocol, GroupProtocol::Auto, "the default");
    let service = world.start().await;
    world.send(command("echo", "c-1", json!({"text": "x"})));
    world.answer("c-1");
    world.stop(service).await;

    let mut world = World::on(&kafka, "classic", 2);
    world.config.group_protocol = GroupProtocol::Consumer;
    let service = world.start_unready().await;
    let error = tokio::time::timeout(PATIENCE, service.failed()).await.expect("the service fails in time");
    assert!(error.to_string().contains("KAFKA_GROUP_PROTOCOL"), "{error}");
    let health = service.health();
    assert!(!health.ready && health.problems[0].to_string().contains("group.protocol=consumer"), "{health:?}");
    assert!(matches!(service.shutdown().await, Err(Error::Failed(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_classic_setting_does_not_prevent_the_new_protocol() {
    let Some(mut world) = World::real("settings", 2) else { return };
    world.config.set_consumer_property("session.timeout.ms", "20000").expect("a property");
    let service = world.start().await;
    world.send(command("echo", "c-1", json!({"text": "x"})));
    world.answer("c-1");
    world.stop(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_without_a_partition_is_ready() {
    let Some(world) = World::real("spare", 1) else { return };
    let first = world.start().await;
    let second = world.start_unready().await;
    wait_until(Duration::from_secs(15), "the spare instance to be ready", || crate::world::ready(&second));
    let counts = [&first, &second].map(|service| service.health().assigned_partitions);
    assert_eq!(counts.iter().sum::<usize>(), 1, "{counts:?}");
    for service in [first, second] {
        world.stop(service).await;
    }
}
