//! A valid command is answered, and its offset is committed.

use std::time::Duration;

use kafka_service_tests::{Message, wait_until};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{SERVICE, World, command, member, on_each_broker, stop};

#[test]
fn a_command_is_answered_with_its_correlation_id_and_committed() {
    on_each_broker("answer", async |world| {
        let service = world.start().await;
        let before = jiff::Timestamp::now();
        world.send(command("echo", "c-1", json!({"text": "hello"})).key("k-1"));

        let record = &world.events(1)[0];
        let event = record.json();
        assert_eq!((&event["type"], &event["correlation_id"]), (&json!("test.echoed"), &json!("c-1")));
        assert_eq!((&event["payload"], &event["source"]), (&json!({"text": "hello"}), &json!(SERVICE)));
        let timestamp = event["timestamp"].as_str().expect("a timestamp");
        assert!(timestamp.len() == 27 && timestamp.ends_with('Z'), "microseconds and UTC: {timestamp}");
        let time: jiff::Timestamp = timestamp.parse().expect("RFC 3339");
        assert!(before <= time && time <= jiff::Timestamp::now(), "now: {timestamp}");
        let id: Uuid = event["id"].as_str().expect("an id").parse().expect("a UUID");
        assert_eq!(id.get_version_num(), 8, "derived from the command");
        assert!(record.headers.is_empty(), "an ordinary event has no headers: {record:?}");
        let names: Vec<_> = event.as_object().expect("an object").keys().cloned().collect();
        assert_eq!(names, ["correlation_id", "id", "payload", "source", "timestamp", "type"]);

        // During operation, not only at shutdown.
        wait_until(Duration::from_secs(3), "the offset to be committed", || world.lag() == 0);
        world.stop(service).await;
    });
}

#[test]
fn an_event_key_falls_back_to_command_key_then_correlation_id() {
    on_each_broker("keys", async |world| {
        let service = world.start().await;
        world.send(command("keyed", "c-1", json!({"text": "own"})).key("commands-1"));
        world.send(command("echo", "c-2", json!({"text": "x"})).key("commands-2"));
        world.send(command("echo", "c-3", json!({"text": "x"})));
        let keys = ["c-1", "c-2", "c-3"].map(|id| world.answer(id).key_text().expect("a key").to_owned());
        assert_eq!(keys, ["own", "commands-2", "c-3"]);
        world.stop(service).await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_maps_to_the_same_partition_as_in_other_clients() {
    let Some(world) = World::real("partitions", 7) else { return };
    let service = world.start().await;
    // The harness uses the partitioner of the JVM clients.
    let commands = (0..50).map(|n| command("echo", &format!("c-{n}"), json!({"text": "x"})).key(format!("key-{n}")));
    let positions = world.send_all(commands);
    for record in world.events(50) {
        let number: usize = record.key_text().and_then(|key| key.strip_prefix("key-")?.parse().ok()).expect("our key");
        assert_eq!(record.partition, positions[number].0, "key-{number}");
    }
    world.stop(service).await;
}

#[test]
fn a_message_in_the_guides_layout_is_decoded() {
    on_each_broker("layout", async |world| {
        let service = world.start().await;
        // Missing payload, timestamp and source, unknown fields, a duplicate field, and white space.
        world.send(r#"{"type":"who_am_i","correlation_id":"bare"}"#);
        let record = world.client().read_all(world.commands()).remove(0);
        world.send(
            r#" { "trace": {"a": [1, 2]}, "type": "ignored", "correlation_id": "full", "payload": null,
            "timestamp": "2026-11-23T17:40:00.123456", "source": "python", "id": "m-1", "type": "who_am_i" } "#,
        );
        world.send(r#"{"type":"who_am_i","correlation_id":"\u00fcn\u00ef \ud83d\ude00 \"c\"","payload":[1]}"#);
        let payload = |id: &str| world.answer(id).json()["payload"].clone();
        let bare = payload("bare");
        assert_eq!((&bare["source"], &bare["message_id"]), (&Value::Null, &Value::Null));
        assert_eq!(bare["timestamp"], json!(record.timestamp), "the record's timestamp, if the message has none");
        let full = payload("full");
        assert_eq!((&full["source"], &full["message_id"]), (&json!("python"), &json!("m-1")));
        assert_eq!(payload("ünï 😀 \"c\"")["correlation_id"], "ünï 😀 \"c\"");
        world.stop(service).await;
    });
}

#[test]
fn a_handler_gets_the_position_of_its_command() {
    on_each_broker("meta", async |world| {
        let service = world.start().await;
        let (partition, offset) = world.send(command("who_am_i", "c-1", json!({})).key("k").partition(2));
        let seen = world.answer("c-1").json()["payload"].clone();
        let expected = json!({
            "topic": world.commands(), "partition": partition, "offset": offset, "key": "k",
            "timestamp": 1_795_455_600_123_i64, "attempt": 1, "source": "tests", "message_id": null,
            "correlation_id": "c-1",
        });
        assert_eq!(seen, expected);
        world.stop(service).await;
    });
}

#[test]
fn states_reach_every_call_of_a_handler() {
    on_each_broker("state", async |world| {
        let service = world.start().await;
        world.send(command("prefix", "c-1", json!({"text": "a"})));
        world.send(command("nothing", "c-2", json!({})).key("k"));
        world.wait_for_commits();
        world.send(command("count_on_board", "c-3", json!({})));
        assert_eq!(world.answer("c-1").json()["payload"]["text"], ">a");
        assert_eq!(
            world.answer("c-3").json()["payload"]["number"],
            1,
            "the call of `nothing` is counted in the same state"
        );
        world.stop(service).await;
    });
}

#[test]
fn a_handler_of_another_crate_is_found() {
    on_each_broker("linked", async |world| {
        let service = world.start().await;
        world.send(command("greet_from_linked_crate", "c-1", json!({})));
        assert_eq!(world.answer("c-1").json()["payload"]["from"], "kafka_service_linked_handlers");
        world.stop(service).await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_of_several_topics_are_handled() {
    let Some(mut world) = World::real("several", 2) else { return };
    let second = world.client().new_topic("several-second", 3);
    world.client().create_topic(&world.config.effective_dead_letter_topic(&second), 1);
    world.config.commands_topics.push(second.clone());
    let service = world.start().await;
    world.send(command("echo", "first", json!({"text": "x"})));
    world.client().produce(&second, command("echo", "second", json!({"text": "x"})));
    world.client().produce(&second, Message::new("bad"));
    let mut answered = member(&world.events(2), "/correlation_id");
    answered.sort_unstable();
    assert_eq!(answered, ["first", "second"]);
    let dead = world.client().read_count(&world.config.effective_dead_letter_topic(&second), crate::world::PATIENCE, 1);
    assert_eq!(dead[0].header(kafka_service::dead_letter::TOPIC), Some(second.as_str()));
    stop(service).await;
    assert_eq!(world.lag() + world.client().lag(&world.config.effective_group_id(), &second), 0);
}
