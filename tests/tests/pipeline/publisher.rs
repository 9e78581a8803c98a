//! Publishing inside and outside handlers.

use futures_util::future::join_all;
use kafka_service::{Event, PublishError};
use kafka_service_tests::Record;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{PATIENCE, SERVICE, World, command, member, on_each_broker};

#[derive(Serialize, Event)]
#[event("report.created", key = name)]
struct ReportCreated {
    name: &'static str,
}

#[derive(Serialize, Event)]
#[event("report.deleted")]
struct ReportDeleted;

/// The type, correlation id, key and payload of an event.
fn parts(record: &Record) -> (String, String, String, Value) {
    let event = record.json();
    let text = |name: &str| event[name].as_str().unwrap_or("(missing)").to_owned();
    (text("type"), text("correlation_id"), record.key_text().unwrap_or("(none)").to_owned(), event["payload"].clone())
}

fn is_uuid_v7(text: &str) -> bool {
    text.parse::<Uuid>().is_ok_and(|id| id.get_version_num() == 7)
}

/// The newest of so many events; it is in the topic as soon as its publication has returned.
fn newest(world: &World<'_>, count: usize) -> Record {
    let records = world.client().read_all(world.events_topic());
    assert_eq!(records.len(), count, "exactly the published events");
    records.into_iter().max_by_key(|record| record.json()["timestamp"].to_string()).expect("there is one")
}

#[test]
fn an_event_from_outside_a_handler_is_acknowledged() {
    const TAKEN: &str = "the broker acknowledges it";
    on_each_broker("outside", async |world| {
        let service = world.start().await;
        let publisher = service.publisher();
        let created = ReportCreated { name: "march" };
        publisher.publish(&created).await.expect(TAKEN);
        let event = newest(&world, 1);
        let (kind, id, key, payload) = parts(&event);
        assert_eq!((kind.as_str(), key.as_str(), payload), ("report.created", "march", json!({"name": "march"})));
        assert!(is_uuid_v7(&id), "a generated correlation id: {id}");
        assert!(is_uuid_v7(event.json()["id"].as_str().unwrap_or_default()), "not derived from a command: {event:?}");
        assert_eq!(event.json()["source"], SERVICE);

        publisher.publish(&created).correlation_id("c-1").key("k").header("trace", "t-1").await.expect(TAKEN);
        let event = newest(&world, 2);
        assert_eq!(
            (parts(&event).1.as_str(), event.key_text(), event.header("trace")),
            ("c-1", Some("k"), Some("t-1"))
        );

        publisher.publish(&ReportDeleted).await.expect(TAKEN);
        let (kind, id, key, _) = parts(&newest(&world, 3));
        assert_eq!((kind.as_str(), &key), ("report.deleted", &id), "without a key, the correlation id");

        publisher.publish_event("report.archived", json!({"a": [1]})).correlation_id("c-2").await.expect(TAKEN);
        let untyped = ("report.archived".to_owned(), "c-2".to_owned(), "c-2".to_owned(), json!({"a": [1]}));
        assert_eq!(parts(&newest(&world, 4)), untyped);

        // Python's `None` and `''` both mean "generate one".
        for (count, id) in [(5, None), (6, Some(""))] {
            let publication = publisher.publish_event("report.archived", json!("text"));
            let publication = match id {
                Some(id) => publication.correlation_id(id),
                None => publication,
            };
            publication.await.expect(TAKEN);
            assert!(is_uuid_v7(&parts(&newest(&world, count)).1));
        }
        world.stop(service).await;
    });
}

#[test]
fn a_failed_publication_has_its_reason() {
    on_each_broker("refused", async |mut world| {
        world.config.set_producer_property("message.max.bytes", "1000000").expect("a producer property");
        let service = world.start().await;
        let publisher = service.publisher();
        let empty = publisher.publish_event(" ", json!({})).await;
        assert_eq!(empty, Err(PublishError::EmptyType));
        let keys = std::collections::HashMap::from([((1, 2), 3)]);
        let encode = publisher.publish_event("report.odd", keys).await;
        assert!(
            matches!(&encode, Err(PublishError::Encode { event_type, .. }) if event_type == "report.odd"),
            "{encode:?}"
        );
        let large = publisher.publish_event("report.large", "x".repeat(2_000_000)).await;
        let is_large = |bytes: usize| bytes > 2_000_000;
        assert!(matches!(&large, Err(PublishError::TooLarge { bytes, .. }) if is_large(*bytes)), "{large:?}");
        let said = large.unwrap_err().to_string();
        assert!(said.contains(world.events_topic()) && said.contains("this client's `message.max.bytes`"), "{said}");
        publisher.publish_event("report.good", json!({})).correlation_id("c-1").await.expect("the publisher continues");
        assert_eq!(member(&world.events(1), "/type"), ["report.good"]);
        world.stop(service).await;
    });
}

#[test]
fn a_publisher_in_a_handler_is_bound_to_its_command() {
    on_each_broker("bound", async |world| {
        let service = world.start().await;
        world.send(command("publish_two", "c-1", json!({"text": "t"})).key("k"));
        let events = world.events(3);
        let of = |kind: &str| events.iter().find(|record| record.json()["type"] == kind).expect("published");
        assert_eq!(parts(of("test.keyed")), ("test.keyed".into(), "c-1".into(), "t".into(), json!({"text": "t"})));
        assert_eq!(parts(of("test.untyped")), ("test.untyped".into(), "c-1".into(), "k".into(), json!({"text": "t"})));
        assert_eq!(parts(of("test.echoed")).2, "k");
        let mut ids = member(&events, "/id");
        assert!(ids.iter().all(|id| id.parse::<Uuid>().is_ok_and(|id| id.get_version_num() == 8)), "{ids:?}");
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 3);
        world.stop(service).await;
    });
}

#[test]
fn concurrent_publications_all_arrive() {
    on_each_broker("many", async |world| {
        let service = world.start().await;
        let publisher = service.publisher();
        let publish =
            |n: usize| publisher.publish_event("report.counted", json!(n)).correlation_id("c-1").into_future();
        let results = join_all((0..300).map(publish)).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        let mut numbers: Vec<usize> =
            member(&world.events(300), "/payload").iter().map(|number| number.parse().expect("a number")).collect();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..300));
        world.stop(service).await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_works_before_the_service_is_ready() {
    let Some(world) = World::real("early", 2) else { return };
    let service = world.start_unready().await;
    let publisher = service.publisher();
    let publishing = tokio::spawn(async move { publisher.publish(&ReportDeleted).correlation_id("c-1").await });
    publishing.await.expect("no panic").expect("the broker acknowledges it");
    world.answer("c-1");
    world.stop(service).await;
}

#[test]
fn a_publisher_that_outlives_its_service_does_not_wait_for_ever() {
    on_each_broker("outlived", async |world| {
        let service = world.start().await;
        let publisher = service.publisher();
        world.stop(service).await;
        let publication = publisher.publish(&ReportDeleted).into_future();
        // The broker may still accept it, but the caller must get an answer.
        tokio::time::timeout(PATIENCE, publication).await.expect("an answer").ok();
    });
}
