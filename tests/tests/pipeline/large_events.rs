//! An event that is too large for the producer or for the topic: its command is dead-lettered, and the service
//! continues.

use kafka_service::{ServiceHandle, dead_letter};
use kafka_service_tests::Kafka;
use serde_json::json;

use crate::world::{World, command, member, on_each_broker};

/// Sends a command whose second event has this size, and another command with the same key.
async fn refuses(world: &World<'_>, service: ServiceHandle, size: usize) {
    world.send(command("grow", "large", json!({"number": size})).key("k"));
    world.send(command("echo", "behind", json!({"text": "x"})).key("k"));
    world.answer("behind");
    let dead = &world.dead_letters(1)[0];
    assert_eq!((dead.json()["correlation_id"].as_str(), dead.key_text()), (Some("large"), Some("k")));
    let header = |name| dead.header(name).unwrap_or("(missing)");
    assert_eq!((header(dead_letter::ERROR_CLASS), header(dead_letter::ATTEMPTS)), ("event-refused", "1"), "{dead:?}");
    assert!(header(dead_letter::HANDLER).contains("handlers::grow"), "{dead:?}");
    let events = world.client().read_all(world.events_topic());
    assert!(events.iter().all(|event| event.value.as_ref().is_some_and(|value| value.len() < size)));
    let health = service.health();
    assert!(health.ready && health.dead_lettered == 1, "{health:?}");
    world.stop(service).await;
}

#[test]
fn an_event_too_large_for_the_producer_dead_letters_its_command() {
    on_each_broker("large", async |mut world| {
        world.config.set_producer_property("message.max.bytes", "1000000").expect("a producer property");
        let service = world.start().await;
        refuses(&world, service, 2_000_000).await;
    });
}

#[test]
fn a_too_large_event_is_rejected_while_the_producer_is_full() {
    on_each_broker("full", async |mut world| {
        for (name, value) in [("queue.buffering.max.messages", "2"), ("message.max.bytes", "1000000")] {
            world.config.set_producer_property(name, value).expect("a producer property");
        }
        let service = world.start().await;
        world.send(command("many", "crowd", json!({"number": 20})).key("k"));
        refuses(&world, service, 2_000_000).await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_topic_limits_the_size_of_an_event() {
    let Some(world) = World::real("default", 1) else { return };
    let service = world.start().await;
    refuses(&world, service, 2_000_000).await;
    let dead = &world.dead_letters(1)[0];
    let error = dead.header(dead_letter::ERROR_MESSAGE).unwrap();
    assert!(error.contains(world.events_topic()) && error.contains("the topic's `max.message.bytes`"), "{error}");
}

/// A world whose events topic has a lower limit than the producer, so only the broker rejects the event.
fn narrow() -> Option<World<'static>> {
    let kafka = Kafka::shared()?;
    let world = World::without_topics(kafka, "narrow");
    kafka.create_topic(world.commands(), 1);
    kafka.create_topic(&world.dead_letter_topic(), 1);
    kafka.create_topic_with(world.events_topic(), 1, &[("max.message.bytes", "2000")]);
    Some(world)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_too_large_for_its_topic_dead_letters_its_command() {
    let Some(world) = narrow() else { return };
    let service = world.start().await;
    refuses(&world, service, 5_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_event_does_not_fail_the_rest_of_its_batch() {
    let Some(world) = narrow() else { return };
    // All of them are handled in one batch, and their events are sent together.
    let echo = |n: usize| command("echo", &format!("small-{n:02}"), json!({"text": "x"})).key(format!("key-{n}"));
    let large =
        |n: usize| command("echo", &format!("large-{n}"), json!({"text": "x".repeat(5_000)})).key(format!("l-{n}"));
    world.send_all((0..40).map(|n| if n % 20 == 7 { large(n) } else { echo(n) }));
    let service = world.start().await;
    let mut dead = member(&world.dead_letters(2), "/correlation_id");
    dead.sort_unstable();
    assert_eq!(dead, ["large-27", "large-7"]);
    world.events(38);
    world.dead_letters(2);
    world.stop(service).await;
}
