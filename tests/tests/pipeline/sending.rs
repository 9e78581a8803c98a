//! Commands that a program sends: to itself, to others, and without any handlers of its own.

use std::time::Duration;

use kafka_service::{
    Command, Config, CorrelationId, Event, HandlerError, PublishError, Publisher, command, config::Bootstrap,
};
use kafka_service_tests::{unique, wait_until};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::world::{PATIENCE, SERVICE, World, command, on_each_broker};

#[derive(Serialize, Event)]
#[event("test.relayed")]
struct Relayed {
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Relay {
    text: String,
}

impl Command for Relay {
    const NAME: &'static str = "relay";
    type Reply = Relayed;

    fn key(&self) -> Option<impl std::fmt::Display + '_> {
        Some(&self.text)
    }
}

/// Sent to a topic of its own.
#[derive(Serialize)]
struct Elsewhere;

impl Command for Elsewhere {
    const NAME: &'static str = "elsewhere";
    const TOPIC: Option<&'static str> = Some("a-topic-of-its-own");
    type Reply = ();
}

#[command("relay")]
async fn relay(
    publisher: Publisher,
    CorrelationId(id): CorrelationId,
    Relay { text }: Relay,
) -> Result<(), HandlerError> {
    publisher.send_command("echo", json!({"text": format!("{text} of {id}")}), None).await?;
    Ok(())
}

#[test]
fn a_command_is_sent_to_the_services_own_topic_and_handled() {
    on_each_broker("send", async |world| {
        let service = world.start().await;
        let publisher = service.publisher();
        publisher
            .send(&Relay { text: "t".to_owned() })
            .correlation_id("c-1")
            .header("a", "b")
            .await
            .expect("it is taken");
        assert_eq!(world.answer("c-1").json()["payload"]["text"], "t of c-1");
        let sent = world.client().read_count(world.commands(), PATIENCE, 2);
        let of = |kind: &str| sent.iter().find(|record| record.json()["type"] == kind).expect("sent");
        let relay = of("relay");
        assert_eq!((relay.key_text(), relay.header("a")), (Some("t"), Some("b")));
        assert_eq!((&relay.json()["source"], &relay.json()["payload"]), (&json!(SERVICE), &json!({"text": "t"})));
        assert_eq!(of("echo").key_text(), Some("c-1"), "not the key of the command that was handled");
        assert!(of("echo").json()["id"].is_string());
        world.stop(service).await;
    });
}

#[test]
fn a_command_goes_to_the_topic_that_it_or_its_sender_names() {
    on_each_broker("other-topic", async |world| {
        let other = unique("other");
        let service = world.start().await;
        // The embedded broker takes no such request, but makes a topic for a client that allows it.
        match world.config.bootstrap_servers {
            Bootstrap::Embedded => _ = world.client().produce(&other, json!({})),
            _ => world.client().create_topic(&other, 2),
        }
        let publisher = service.publisher();
        publisher.send(&Elsewhere).to(&*other).correlation_id("c-1").await.expect("it is taken");
        publisher.send_command("untyped", json!([1]), Some("c-2")).to(&*other).key("k").await.expect("it is taken");
        let sent = world.client().read_until(&other, PATIENCE, "both commands", |seen| {
            seen.iter().filter(|record| record.json()["source"] == SERVICE).count() == 2
        });
        let find = |id: &str| sent.iter().find(|record| record.json()["correlation_id"] == id).expect("sent");
        assert_eq!((find("c-1").key_text(), &find("c-1").json()["payload"]), (Some("c-1"), &json!({})));
        assert_eq!((find("c-2").key_text(), &find("c-2").json()["type"]), (Some("k"), &json!("untyped")));
        let refused = publisher.send(&Elsewhere).to("no topic").await;
        assert!(matches!(&refused, Err(PublishError::Topic { topic, .. }) if topic == "no topic"), "{refused:?}");
        world.stop(service).await;
    });
}

#[test]
fn a_program_that_only_publishes_needs_no_handlers() {
    on_each_broker("publish-only", async |world| {
        let service = world.start().await;
        let mut config = world.config.clone();
        config.service_name = "front-end".to_owned();
        config.bootstrap_servers = Bootstrap::Servers(service.bootstrap_servers().to_owned());
        let publisher = Publisher::connect(config).await.expect("it connects");
        publisher.send_command("echo", json!({"text": "t"}), Some("c-1")).await.expect("it is taken");
        assert_eq!(world.answer("c-1").json()["payload"]["text"], "t");
        publisher.send_command("echo", json!({"text": "u"}), Some("c-2")).detach();
        assert_eq!(publisher.flush(PATIENCE).await, 0);
        assert_eq!(world.answer("c-2").json()["payload"]["text"], "u");
        let sent = world.client().read_count(world.commands(), PATIENCE, 2);
        assert!(sent.iter().all(|record| record.json()["source"] == "front-end"));
        drop(publisher);
        world.stop(service).await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_without_a_service_may_bring_its_broker() {
    let mut config = Config::new("front-end");
    config.bootstrap_servers = Bootstrap::Embedded;
    let publisher = Publisher::connect(config).await.expect("it connects");
    publisher.send_command("echo", json!({}), None).await.expect("it is taken");
    publisher.publish_event("user.created", json!({}), None).await.expect("it is taken");
}

/// What a handler publishes without waiting.
#[command("detach")]
async fn detach(publisher: Publisher, topic: Relay) {
    publisher.publish_event("test.detached", json!({}), None).to(topic.text).detach();
}

#[test]
fn what_is_detached_arrives_and_goes_before_what_is_returned() {
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
async fn detach_and_return(publisher: Publisher, Relay { text }: Relay) -> Relayed {
    for number in 0..3 {
        publisher.publish_event("test.detached", number, None).detach();
    }
    Relayed { text }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_committed_before_what_was_detached_is_acknowledged() {
    let Some(world) = World::real("owed", 1) else { return };
    let service = world.start().await;
    let late = unique("late");
    world.send(command("detach", "c-1", json!({"text": late})));
    world.send(command("echo", "c-2", json!({"text": "behind"})));
    world.answer("c-2");
    wait_until(PATIENCE, "both handlers to end", || service.health().finished == 2);
    // Commits go out every 100 ms; what could be committed would be by now.
    let began = tokio::time::Instant::now();
    while began.elapsed() < Duration::from_secs(1) {
        assert_eq!(world.lag(), 2, "there is no topic that could have taken the event");
    }
    world.client().create_topic(&late, 1);
    assert_eq!(world.client().read_count(&late, PATIENCE, 1)[0].json()["correlation_id"], "c-1");
    world.wait_for_commits();
    world.stop(service).await;
}
