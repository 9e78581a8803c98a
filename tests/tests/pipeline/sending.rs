//! Commands that a program sends: to itself, to other services, and without handlers.

use kafka_service::{
    Command, Config, CorrelationId, Event, HandlerError, PublishError, Publisher, command, config::Brokers,
};
use kafka_service_tests::unique;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::world::{PATIENCE, SERVICE, on_each_broker};

#[derive(Serialize, Event)]
#[event("test.relayed")]
struct Relayed {
    text: String,
}

#[derive(Serialize, Deserialize, Command)]
#[command("relay", key = text)]
struct Relay {
    text: String,
}

/// Sent to its own topic.
#[derive(Serialize, Command)]
#[command("elsewhere", topic = "a-topic-of-its-own", reply = ())]
struct Elsewhere;

/// A command of three kinds.
#[derive(Serialize, Deserialize, Command)]
#[command("choose_one")]
enum ChooseOne {
    Nothing,
    Text(String),
    Member { text: String },
}

#[command]
async fn choose_one(chosen: ChooseOne) -> Relayed {
    let text = match chosen {
        ChooseOne::Nothing => String::new(),
        ChooseOne::Text(text) | ChooseOne::Member { text } => text,
    };
    Relayed { text }
}

#[derive(Serialize, Deserialize, Command)]
#[command("ping")]
struct Ping;

#[command]
async fn ping(Ping: Ping) -> Relayed {
    Relayed { text: "pong".to_owned() }
}

#[command]
async fn relay(
    publisher: Publisher,
    CorrelationId(id): CorrelationId,
    Relay { text }: Relay,
) -> Result<(), HandlerError> {
    publisher.send_command("echo", json!({"text": format!("{text} of {id}")})).await?;
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
            .expect("it is acknowledged");
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
fn every_kind_of_command_arrives_as_it_was_sent() {
    on_each_broker("send-forms", async |world| {
        let service = world.start().await;
        let publisher = service.publisher();
        publisher.send(&Ping).correlation_id("c-1").await.expect("it is acknowledged");
        publisher.send(&ChooseOne::Nothing).correlation_id("c-2").await.expect("it is acknowledged");
        publisher.send(&ChooseOne::Text("b".to_owned())).correlation_id("c-3").await.expect("it is acknowledged");
        publisher
            .send(&ChooseOne::Member { text: "c".to_owned() })
            .correlation_id("c-4")
            .await
            .expect("it is acknowledged");
        for (id, text) in [("c-1", "pong"), ("c-2", ""), ("c-3", "b"), ("c-4", "c")] {
            assert_eq!(world.answer(id).json()["payload"]["text"], text);
        }
        world.stop(service).await;
    });
}

#[test]
fn a_command_goes_to_the_topic_of_its_type_or_sender() {
    on_each_broker("other-topic", async |world| {
        let other = unique("other");
        let service = world.start().await;
        // The embedded broker supports no such request, but creates a topic for a client that allows it.
        match world.config.bootstrap_servers {
            Brokers::Embedded => _ = world.client().produce(&other, json!({})),
            _ => world.client().create_topic(&other, 2),
        }
        let publisher = service.publisher();
        publisher.send(&Elsewhere).to(&*other).correlation_id("c-1").await.expect("it is acknowledged");
        publisher
            .send_command("untyped", json!([1]))
            .correlation_id("c-2")
            .to(&*other)
            .key("k")
            .await
            .expect("it is acknowledged");
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
        config.bootstrap_servers = Brokers::Servers(service.bootstrap_servers().to_owned());
        let publisher = Publisher::connect(config).await.expect("the publisher connects");
        publisher.send_command("echo", json!({"text": "t"})).correlation_id("c-1").await.expect("it is acknowledged");
        assert_eq!(world.answer("c-1").json()["payload"]["text"], "t");
        publisher.send_command("echo", json!({"text": "u"})).correlation_id("c-2").detach();
        assert_eq!(publisher.flush(PATIENCE).await, 0);
        assert_eq!(world.answer("c-2").json()["payload"]["text"], "u");
        let sent = world.client().read_count(world.commands(), PATIENCE, 2);
        assert!(sent.iter().all(|record| record.json()["source"] == "front-end"));
        drop(publisher);
        world.stop(service).await;
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_without_a_service_can_embed_a_broker() {
    let mut config = Config::new("front-end");
    config.bootstrap_servers = Brokers::Embedded;
    let publisher = Publisher::connect(config).await.expect("the publisher connects");
    publisher.send_command("echo", json!({})).await.expect("it is acknowledged");
    publisher.publish_event("user.created", json!({})).await.expect("it is acknowledged");
}
