//! Handlers that name a topic: the service consumes it in addition to the configured topics.

use std::time::Duration;

use kafka_service::__private1::{Context, Handler, Invocation, extract, inventory, invocation, outcome};
use kafka_service::config::Brokers;
use kafka_service::{Config, Event, KafkaService, Meta, dead_letter};
use kafka_service_tests::{Client, Record, wait_until};
use serde::Serialize;
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Serialize, Event)]
enum Seen {
    #[event("seen.anywhere")]
    Anywhere { topic: String },
    #[event("seen.here")]
    Here { topic: String },
}

fn anywhere(context: &Context<'_>) -> Invocation {
    let topic = extract::<Meta>(context)?.topic().to_owned();
    invocation(async { outcome(Seen::Anywhere { topic }) })
}

fn here(context: &Context<'_>) -> Invocation {
    let topic = extract::<Meta>(context)?.topic().to_owned();
    invocation(async { outcome(Seen::Here { topic }) })
}

fn fail(_: &Context<'_>) -> Invocation {
    invocation(async { outcome(Err::<(), _>("no luck")) })
}

inventory::submit! { Handler::command("look", &anywhere) }
inventory::submit! { Handler::command("look", &here).topic("urgent") }
inventory::submit! { Handler::command("fail", &fail).topic("urgent").attempts(1) }
inventory::submit! { Handler::event("stock.low", &here).topic("stock") }

fn sees(record: &Record) -> (String, String, String) {
    let value = record.json();
    let text = |pointer: &str| value.pointer(pointer).and_then(|text| text.as_str()).unwrap_or_default().to_owned();
    (text("/correlation_id"), text("/type"), text("/payload/topic"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_names_a_topic_consumes_only_that_topic() {
    let mut config = Config::new("own-topic");
    config.bootstrap_servers = Brokers::Embedded;
    let service = KafkaService::new(config).start().await.expect("the service starts");
    wait_until(PATIENCE, "the service to be ready", || service.health().ready);
    let client = Client::new(service.bootstrap_servers());
    let send = |topic: &str, kind: &str, id: &str| {
        client.produce(topic, json!({"type": kind, "correlation_id": id, "payload": {}}));
    };
    send("service_commands", "look", "1");
    send("urgent", "look", "2");
    send("stock", "stock.low", "3");
    // These types have handlers for other topics only.
    send("service_commands", "fail", "skipped");
    send("urgent", "stock.low", "skipped");
    send("urgent", "fail", "4");

    let mut seen: Vec<_> = client.read_count("service_events", PATIENCE, 3).iter().map(sees).collect();
    seen.sort_unstable();
    let expected =
        [("1", "seen.anywhere", "service_commands"), ("2", "seen.here", "urgent"), ("3", "seen.here", "stock")];
    assert_eq!(seen, expected.map(|(id, kind, topic)| (id.to_owned(), kind.to_owned(), topic.to_owned())));
    let dead = client.read_count("urgent-dlq", PATIENCE, 1).remove(0);
    assert_eq!((dead.json()["correlation_id"].as_str(), dead.header(dead_letter::TOPIC)), (Some("4"), Some("urgent")));
    wait_until(PATIENCE, "two skipped messages", || service.health().skipped == 2);
    assert!(!client.topic_exists("service_events-dlq"), "no handler needs the events topic");
    service.shutdown().await.expect("a clean shutdown");
}
