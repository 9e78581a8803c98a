//! Where event ids are placed, and that a redelivered command gives its events the same ids.

use std::collections::BTreeSet;
use std::time::Duration;

use kafka_service::config::MessageIdLocation;
use kafka_service_tests::{Message, wait_until};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::board::Board;
use crate::world::{PATIENCE, World, command, member, on_each_broker};

#[test]
fn message_ids_can_be_sent_in_a_header() {
    on_each_broker("header", async |mut world| {
        world.config.message_id = MessageIdLocation::Header;
        let service = world.start().await;
        world.send(command("echo", "c-1", json!({"text": "x"})));
        let event = world.answer("c-1");
        assert_eq!(event.json()["id"], Value::Null);
        let id: Uuid = event.header("message-id").and_then(|id| id.parse().ok()).expect("a UUID in the header");
        assert_eq!((id.get_version_num(), event.headers.len()), (8, 1));
        let published =
            service.publisher().publish_event("report.created", json!({})).correlation_id("c-2").header("own", "1");
        published.await.expect("the broker acknowledges it");
        let event = world.answer("c-2");
        assert!(event.header("message-id").is_some() && event.header("own") == Some("1"), "{event:?}");
        world.stop(service).await;
    });
}

#[test]
fn message_ids_can_be_disabled() {
    on_each_broker("off", async |mut world| {
        world.config.message_id = MessageIdLocation::Off;
        let service = world.start().await;
        world.send(command("publish_two", "c-1", json!({"text": "x"})));
        for event in world.events(3) {
            assert!(event.json()["id"].is_null() && event.headers.is_empty(), "{event:?}");
        }
        world.stop(service).await;
    });
}

#[test]
fn event_ids_depend_on_the_command_id_and_not_on_the_offset() {
    on_each_broker("own", async |world| {
        let service = world.start().await;
        // A producer without idempotence may write a command twice.
        let command = json!({"type": "publish_two", "correlation_id": "c-1", "id": "m-1", "payload": {"text": "x"}});
        world.send(Message::from(command.clone()).partition(0));
        world.send(Message::from(command).partition(3));
        let ids = member(&world.events(6), "/id");
        assert_eq!(BTreeSet::from_iter(&ids).len(), 3, "{ids:?}");
        world.stop(service).await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redelivered_command_gives_its_events_the_same_ids() {
    let Some(mut world) = World::real("redelivered", 1) else { return };
    world.config.shutdown_deadline = Duration::from_millis(300);
    let service = world.start().await;
    // A hanging command in front of them keeps the others uncommitted.
    world.send(command("wait_at_gate", "hung", json!({})));
    world.send(command("publish_two", "c-1", json!({"text": "x"})));
    world.send(command("many", "c-2", json!({"number": 3})));
    world.events(6);
    wait_until(PATIENCE, "the handler to hang", || world.board.running() == 1);
    service.shutdown().await.expect_err("a handler hangs");

    world.board = Board::new(1);
    world.board.open();
    world.config.shutdown_deadline = Duration::from_secs(10);
    let service = world.start().await;
    let events = world.events(13);
    for id in ["c-1", "c-2"] {
        let of_it: Vec<_> = events.iter().filter(|event| event.json()["correlation_id"] == id).cloned().collect();
        let ids = member(&of_it, "/id");
        assert_eq!((ids.len(), BTreeSet::from_iter(&ids).len()), (6, 3), "{ids:?}");
    }
    world.stop(service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_group_gives_the_same_command_other_event_ids() {
    let Some(mut world) = World::real("groups", 1) else { return };
    world.send(command("echo", "c-1", json!({"text": "x"})));
    for group in ["groups-a", "groups-b"] {
        world.config.group_id = Some(kafka_service_tests::unique(group));
        let service = world.start().await;
        world.wait_for_commits();
        world.stop(service).await;
    }
    let ids = member(&world.events(2), "/id");
    assert_ne!(ids[0], ids[1], "two services that answer one command differ from one that did so twice");
}
