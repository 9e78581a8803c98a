//! Dead letters that do not fit, topics that reject them, and the contents of their headers.

use std::{error::Error, fmt};

use kafka_service::{
    HandlerError, Health, Meta, PublishError, Publisher, ServiceHandle, command, config::DeadLetterHeaders, dead_letter,
};
use kafka_service_tests::{Kafka, Message, Record, wait_until};
use serde::de::IgnoredAny;
use serde_json::json;

use crate::{
    handlers::Text,
    world::{PATIENCE, World, command as message, ready},
};

/// The default size limit of a topic, which also applies to a batch of one record with the overhead of the protocol.
const ALMOST_ALL: usize = 1_048_300;

/// A small record with one part that fills the topic's limit.
fn with_headers(value: &str) -> Message {
    Message::from(value).key("k").header("trace", vec![b'h'; ALMOST_ALL])
}

fn with_key(value: &str) -> Message {
    Message::from(value).key(vec![b'k'; ALMOST_ALL])
}

fn omitted(record: &Record) -> [Option<&str>; 3] {
    [dead_letter::OMITTED_VALUE, dead_letter::OMITTED_HEADERS, dead_letter::OMITTED_KEY].map(|name| record.header(name))
}

fn wait_for(service: &ServiceHandle, is_there: impl Fn(&Health) -> bool) {
    wait_until(PATIENCE, "the health to report it", || {
        let health = service.health();
        if is_there(&health) { Ok(()) } else { Err(Box::new(health)) }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_do_not_fit_are_omitted_from_a_dead_letter() {
    let Some(world) = World::real("fat-headers", 1) else { return };
    let service = world.start().await;
    world.send(with_headers("no json"));
    let dead = world.dead_letters(1);
    assert_eq!((dead[0].text(), dead[0].key_text()), ("no json", Some("k")));
    let [value, headers, key] = omitted(&dead[0]);
    assert_eq!((value, key), (None, None));
    assert!(headers.is_some_and(|bytes| bytes.parse::<usize>().unwrap() >= ALMOST_ALL), "{headers:?}");
    assert_eq!(dead[0].header("trace"), None);
    assert_eq!(dead[0].header(dead_letter::OFFSET), Some("0"));
    world.stop(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_does_not_fit_is_omitted_from_a_dead_letter() {
    let Some(world) = World::real("fat-key", 1) else { return };
    let service = world.start().await;
    world.send(with_key("no json"));
    let dead = world.dead_letters(1);
    assert_eq!((dead[0].text(), &dead[0].key), ("no json", &None));
    assert_eq!(omitted(&dead[0]), [None, None, Some(ALMOST_ALL.to_string().as_str())]);
    world.stop(service).await;
}

/// The event inherits the key, which makes it too large.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_key_does_not_fit_its_event_is_dead_lettered() {
    let Some(world) = World::real("inherited-key", 1) else { return };
    let service = world.start().await;
    world.send(with_key(
        r#"{"type":"echo","correlation_id":"large","payload":{"text":"a longer text than that of its event is"}}"#,
    ));
    world.send(message("echo", "behind", json!({"text": "x"})));
    world.answer("behind");
    let dead = world.dead_letters(1);
    assert_eq!(dead[0].json()["correlation_id"], "large");
    assert_eq!(dead[0].header(dead_letter::ERROR_CLASS), Some("event-refused"));
    let error = dead[0].header(dead_letter::ERROR_MESSAGE).unwrap();
    assert!(error.contains(world.events_topic()) && error.contains("max.message.bytes"), "{error}");
    assert_eq!(omitted(&dead[0])[2], Some(ALMOST_ALL.to_string().as_str()));
    assert!(ready(&service).is_ok());
    world.stop(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_within_the_topics_limit_arrives_whole() {
    let Some(world) = World::real("whole", 1) else { return };
    let service = world.start().await;
    // More than the client's default of 1,000,000 bytes, less than the broker's 1,048,588.
    let text = "x".repeat(1_005_000);
    world.send(Message::new(text.clone()));
    world.send(message("echo", "large", json!({ "text": text })));
    assert_eq!(world.answer("large").json()["payload"]["text"], text.as_str());
    let dead = world.dead_letters(1);
    assert!(dead[0].text() == text, "{} bytes", dead[0].text().len());
    // A larger record is rejected by the topic.
    let refused = service.publisher().publish_event("test.large", "x".repeat(2_000_000)).await.unwrap_err();
    assert!(matches!(&refused, PublishError::TooLarge { topic, .. } if topic == world.events_topic()), "{refused}");
    assert!(refused.to_string().contains("the topic's `max.message.bytes`"), "{refused}");
    assert_eq!(omitted(&dead[0]), [None; 3]);
    world.stop(service).await;
}

/// A topic with a larger limit accepts a larger record.
#[tokio::test(flavor = "multi_thread")]
async fn a_topic_with_a_larger_limit_accepts_a_larger_event() {
    let Some(kafka) = Kafka::shared() else { return };
    let world = World::without_topics(kafka, "larger");
    for topic in [world.commands(), world.events_topic(), &world.dead_letter_topic()] {
        kafka.create_topic_with(topic, 1, &[("max.message.bytes", "5000000")]);
    }
    let service = world.start().await;
    world.send(message("grow", "large", json!({"number": 4_000_000})));
    let events = world.events(3);
    assert!(events.iter().any(|event| event.value.as_ref().is_some_and(|value| value.len() > 4_000_000)));
    world.stop(service).await;
}

/// Even our own headers do not fit, so the partition waits until the topic's limit is raised; the service does not end.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejecting_dead_letter_topic_blocks_the_partition() {
    let Some(kafka) = Kafka::shared() else { return };
    let world = World::without_topics(kafka, "takes-nothing");
    kafka.create_topic(world.commands(), 1);
    kafka.create_topic(world.events_topic(), 1);
    kafka.create_topic_with(&world.dead_letter_topic(), 1, &[("max.message.bytes", "200")]);
    let service = world.start().await;
    world.send(Message::from("no json").key("bad").header("trace", "t-1"));
    world.send(message("echo", "behind", json!({"text": "x"})).key("good"));
    world.answer("behind");
    wait_for(&service, |health| {
        health.problems.iter().any(|problem| problem.to_string().contains("delivery to topic"))
    });
    assert_eq!(world.lag(), 2, "nothing is skipped");
    kafka.alter_topic(&world.dead_letter_topic(), &[("max.message.bytes", "1000000")]);
    let dead = world.dead_letters(1);
    assert_eq!(dead[0].header(dead_letter::ERROR_CLASS), Some("invalid-envelope"));
    assert_eq!(omitted(&dead[0]), [Some("7"), Some("18"), Some("3")], "shrunk as far as possible: {dead:?}");
    world.stop(service).await;
}

/// A compacted topic rejects a record without a key as invalid.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_rejected_as_invalid_is_retried_whole() {
    let Some(kafka) = Kafka::shared() else { return };
    let world = World::without_topics(kafka, "invalid");
    kafka.create_topic(world.commands(), 1);
    kafka.create_topic(world.events_topic(), 1);
    kafka.create_topic_with(&world.dead_letter_topic(), 1, &[("cleanup.policy", "compact")]);
    let service = world.start().await;
    world.send(Message::from("no json"));
    wait_for(&service, |health| {
        health.problems.iter().any(|problem| problem.to_string().contains("delivery to topic"))
    });
    // This takes longer than blaming a record.
    kafka.alter_topic(&world.dead_letter_topic(), &[("cleanup.policy", "delete")]);
    let dead = world.dead_letters(1);
    assert_eq!((dead[0].text(), omitted(&dead[0])), ("no json", [None; 3]));
    world.stop(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn springs_headers_have_the_timestamp_type() {
    let Some(kafka) = Kafka::shared() else { return };
    for (kind, expected) in [("LogAppendTime", "LogAppendTime"), ("CreateTime", "CreateTime")] {
        let mut world = World::without_topics(kafka, "clock");
        world.config.dead_letter_headers = DeadLetterHeaders::Spring;
        kafka.create_topic_with(world.commands(), 1, &[("message.timestamp.type", kind)]);
        // The broker rejects the events, so that the command of a rejected event is read back.
        kafka.create_topic_with(world.events_topic(), 1, &[("max.message.bytes", "2000")]);
        kafka.create_topic(&world.dead_letter_topic(), 1);
        let service = world.start().await;
        // A record that is read in place, one that waited and was copied, and one that is read back.
        world.send(Message::from("no json"));
        world.send(message("sleep", "slow", json!({"ms": 200})).key("k"));
        world.send(Message::from("no json either").key("k"));
        world.send(message("grow", "large", json!({"number": 5_000})).key("l"));
        for dead in world.dead_letters(3) {
            assert_eq!(dead.header(dead_letter::spring::TIMESTAMP_TYPE), Some(expected), "{dead:?}");
        }
        world.stop(service).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tombstones_on_an_events_topic_do_not_count_as_bad() {
    let Some(kafka) = Kafka::shared() else { return };
    let mut world = World::without_topics(kafka, "tombstones");
    world.config.dead_letter_limit = Some(50);
    kafka.create_topic(world.commands(), 1);
    kafka.create_topic_with(world.events_topic(), 1, &[("cleanup.policy", "compact")]);
    for topic in [world.dead_letter_topic(), world.config.effective_dead_letter_topic(world.events_topic())] {
        kafka.create_topic(&topic, 1);
    }
    let tombstone = |number: i32| Message::tombstone().key(format!("key-{number}"));
    kafka.produce_all(world.events_topic(), (0..150).map(tombstone));
    let service = world.start_with(|service| service.on_event("test.done", |(), _: IgnoredAny| async {})).await;
    wait_for(&service, |health| health.skipped == 150);
    assert_eq!(service.health().dead_lettered, 0);
    // On a commands topic it is bad input.
    world.send(Message::tombstone().key("key"));
    world.dead_letters(1);
    world.stop(service).await;
}

#[command("publish_nowhere")]
async fn publish_nowhere(publisher: Publisher, meta: Meta, Text { text }: Text) -> Result<(), HandlerError> {
    let sent = publisher.send_command("echo", json!({"text": text})).to(text).await;
    Err(match sent {
        Err(error) => HandlerError::from(Attempted { attempt: meta.attempt(), error }),
        Ok(()) => HandlerError::permanent("it was sent"),
    })
}

#[derive(Debug)]
struct Attempted {
    attempt: u32,
    error: PublishError,
}

impl fmt::Display for Attempted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "attempt {}", self.attempt)
    }
}

impl Error for Attempted {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn publish_errors_name_the_topic_and_can_be_permanent() {
    let Some(mut world) = World::real("nowhere", 1) else { return };
    // For this long the client assumes that a topic is only being created.
    world.config.set_producer_property("topic.metadata.propagation.max.ms", "500").expect("a producer property");
    let service = world.start().await;
    let missing = kafka_service_tests::unique("missing");
    world.send(message("publish_nowhere", "missing", json!({ "text": missing })).key("k"));
    let dead = world.dead_letters(1);
    let error = dead[0].header(dead_letter::ERROR_MESSAGE).unwrap();
    assert!(error.starts_with("attempt 3: ") && error.contains(&format!("topic `{missing}`")), "{error}");
    world.send(message("publish_nowhere", "impossible", json!({"text": "not a topic"})).key("k"));
    let dead = world.dead_letters(2);
    let dead = dead.iter().find(|dead| dead.json()["correlation_id"] == "impossible").unwrap();
    let error = dead.header(dead_letter::ERROR_MESSAGE).unwrap();
    assert!(error.starts_with("attempt 1: ") && error.contains("topic `not a topic`"), "{error}");
    assert_eq!(dead.header(dead_letter::ERROR_CLASS), Some("permanent-error"));
    world.stop(service).await;
}
