//! The topics that a service needs: missing, created by another client, created by the service.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use kafka_service::{Publisher, health::Reason};
use kafka_service_tests::{Kafka, wait_until};
use serde_json::json;

use crate::world::{PATIENCE, World, command, ready};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_not_ready_while_a_topic_is_missing() {
    let Some(kafka) = Kafka::shared() else { return };
    let world = World::without_topics(kafka, "missing");
    kafka.create_topic(world.commands(), 2);
    let service = world.start_unready().await;
    let dead_letters = world.dead_letter_topic();
    let missing = |topic: &str| Reason::TopicMissing { topic: topic.to_owned() };
    let reasons = || service.health().problems.into_iter().map(|problem| problem.reason).collect::<BTreeSet<_>>();
    let both = BTreeSet::from([missing(world.events_topic()), missing(&dead_letters)]);
    wait_until(PATIENCE, "the missing topics to be named", || {
        let health = service.health();
        let named = !health.ready && reasons() == both;
        if named { Ok(()) } else { Err(Box::new(health)) }
    });
    world.send(command("echo", "c-1", json!({"text": "x"})));

    kafka.create_topic(world.events_topic(), 1);
    wait_until(PATIENCE, "one topic to be still missing", || reasons() == BTreeSet::from([missing(&dead_letters)]));
    assert_eq!(service.health().received, 0, "it receives no command that it might be unable to answer");

    kafka.create_topic(&dead_letters, 1);
    wait_until(PATIENCE, "the service to be ready", || ready(&service));
    world.answer("c-1");
    world.stop(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_waits_for_a_topic_stops_at_once() {
    let Some(kafka) = Kafka::shared() else { return };
    let world = World::without_topics(kafka, "missing");
    let service = world.start_unready().await;
    wait_until(PATIENCE, "the missing topics to be noticed", || {
        service.health().problems.iter().any(|problem| matches!(problem.reason, Reason::TopicMissing { .. }))
    });
    let start = Instant::now();
    service.shutdown().await.expect("a clean shutdown");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert!(!kafka.topic_exists(world.commands()), "creating it was not requested");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_without_a_service_creates_its_topics() {
    let Some(kafka) = Kafka::shared() else { return };
    let mut config = World::without_topics(kafka, "publisher-creates").config;
    config.create_topics = true;
    let publisher = Publisher::connect(config.clone()).await.expect("the publisher connects");
    publisher.publish_event("user.created", json!({})).await.expect("its topic is created");
    publisher.send_command("echo", json!({"text": "t"})).await.expect("its topic is created");
    for topic in [&config.events_topic, &config.commands_topics[0]] {
        assert!(kafka.topic_exists(topic), "{topic}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_about_a_missing_topic_says_how_to_create_it() {
    let Some(kafka) = Kafka::shared() else { return };
    let mut config = World::without_topics(kafka, "publisher-missing").config;
    config.set_property("topic.metadata.propagation.max.ms", "1000").expect("a property of librdkafka");
    let publisher = Publisher::connect(config.clone()).await.expect("the publisher connects");
    let error = publisher.publish_event("user.created", json!({})).await.expect_err("the topic is missing");
    let command = format!(
        "kafka-topics.sh --bootstrap-server {} --create --topic {}, or set KAFKA_CREATE_TOPICS=true",
        kafka.bootstrap(),
        config.events_topic
    );
    assert!(format!("{error:?}").ends_with(&command), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_topics_can_be_created() {
    let Some(kafka) = Kafka::shared() else { return };
    let mut world = World::without_topics(kafka, "create");
    world.config.create_topics = true;
    // Two instances that start at once must not disturb each other.
    let (first, second) = tokio::join!(world.start_unready(), world.start_unready());
    wait_until(PATIENCE, "one of them to be ready", || ready(&first).or_else(|_| ready(&second)));
    for topic in [world.commands(), world.events_topic(), &world.dead_letter_topic()] {
        assert!(kafka.topic_exists(topic), "{topic}");
    }
    world.send(command("echo", "good", json!({"text": "x"})));
    world.send("bad");
    world.answer("good");
    world.dead_letters(1);
    world.wait_for_commits();
    for service in [first, second] {
        world.stop(service).await;
    }
}
