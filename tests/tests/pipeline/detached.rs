//! Events that a handler publishes without waiting for them.

use std::{collections::HashMap, time::Duration};

use kafka_service::{Event, Publisher, command, dead_letter};
use kafka_service_tests::{unique, wait_until};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::json;

use crate::world::{PATIENCE, World, command, on_each_broker, sorted_member};

#[derive(Serialize, Event)]
#[event("test.returned")]
struct Returned {
    text: String,
}

#[derive(Deserialize)]
struct Word {
    text: String,
}

/// Publishes without waiting.
#[command("detach")]
async fn detach(publisher: Publisher, Word { text }: Word) {
    publisher.publish_event("test.detached", json!({})).to(text).detach();
}

#[test]
fn detached_events_arrive_before_returned_events() {
    on_each_broker("detached", async |world| {
        let service = world.start().await;
        for number in 0..50 {
            world.send(command("detach_and_return", &format!("c-{number}"), json!({"text": "x"})).key("k"));
        }
        let events = world.events(200);
        for number in 0..50 {
            let id = format!("c-{number}");
            let of_command = events.iter().filter(|event| event.json()["correlation_id"] == id.as_str());
            let payloads: Vec<_> = of_command.map(|event| event.json()["payload"].clone()).collect();
            assert_eq!(payloads, [json!(0), json!(1), json!(2), json!({"text": "x"})], "{id}");
        }
        world.stop(service).await;
    });
}

#[command("detach_and_return")]
async fn detach_and_return(publisher: Publisher, Word { text }: Word) -> Returned {
    for number in 0..3 {
        publisher.publish_event("test.detached", number).detach();
    }
    Returned { text }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_committed_before_detached_events_are_acked() {
    let Some(world) = World::real("owed", 1) else { return };
    let service = world.start().await;
    let late = unique("late");
    world.send(command("detach", "c-1", json!({"text": late})));
    world.send(command("echo", "c-2", json!({"text": "behind"})));
    world.answer("c-2");
    wait_until(PATIENCE, "both handlers to finish", || service.health().finished == 2);
    // Commits are sent every 100 ms, so anything committable is committed by then.
    let began = tokio::time::Instant::now();
    while began.elapsed() < Duration::from_secs(1) {
        assert_eq!(world.lag(), 2, "the topic of the event does not exist");
    }
    world.client().create_topic(&late, 1);
    assert_eq!(world.client().read_count(&late, PATIENCE, 1)[0].json()["correlation_id"], "c-1");
    world.wait_for_commits();
    world.stop(service).await;
}

/// Its keys cannot be represented in JSON.
#[command("detach_no_json")]
async fn detach_no_json(publisher: Publisher, _: IgnoredAny) -> Returned {
    publisher.publish_event("test.detached", HashMap::from([((1, 2), 3)])).detach();
    Returned { text: "handled".to_owned() }
}

#[test]
fn an_impossible_detached_event_dead_letters_its_command() {
    on_each_broker("no-json", async |world| {
        let service = world.start().await;
        world.send(command("detach_no_json", "c-1", json!({})));
        let dead = world.dead_letters(1).remove(0);
        let header = |name| dead.header(name).unwrap_or("(missing)");
        assert_eq!(header(dead_letter::ERROR_CLASS), "event-refused");
        assert!(header(dead_letter::ERROR_MESSAGE).contains("cannot serialize `test.detached` as JSON"), "{dead:?}");
        world.events(0);
        world.stop(service).await;
    });
}

#[command("detach_by_two")]
async fn detach_by_two(one: Publisher, other: Publisher, _: IgnoredAny) {
    for publisher in [one, other] {
        publisher.publish_event("test.detached", json!({})).detach();
    }
}

#[test]
fn two_publishers_of_one_command_give_different_ids() {
    on_each_broker("two-publishers", async |world| {
        let service = world.start().await;
        world.send(command("detach_by_two", "c-1", json!({})));
        let ids = sorted_member(&world.events(2), "/id");
        assert_ne!(ids[0], ids[1]);
        world.stop(service).await;
    });
}
