//! An enum of events as the payload of a handler: it is published and received with the same type.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kafka_service::config::Brokers;
use kafka_service::{Config, Event, KafkaService, State, command, dead_letter, event};
use kafka_service_tests::{Client, Log, wait_until};
use serde::{Deserialize, Serialize};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Serialize, Deserialize, Event)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    #[event("payment.accepted", key = order)]
    Accepted { order: u32 },
    #[event("payment.refused", key = order)]
    Refused { order: u32, reason: String },
    #[event("payment.pending")]
    Pending,
}

#[derive(Deserialize)]
struct Pay {
    order: u32,
    cents: u32,
}

#[command("pay")]
async fn pay(Pay { order, cents }: Pay) -> Outcome {
    match cents {
        0 => Outcome::Refused { order, reason: "nothing to pay".to_owned() },
        _ => Outcome::Accepted { order },
    }
}

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn sorted(&self) -> Vec<String> {
        let mut seen = self.0.lock().expect("no test panics while it holds the lock").clone();
        seen.sort_unstable();
        seen
    }
}

/// Sees every outcome.
#[event]
async fn see(State(seen): State<Seen>, outcome: Outcome) {
    seen.0.lock().expect("no test panics while it holds the lock").push(format!("{outcome:?}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_handler_receives_every_event_of_an_enum() {
    let log = Log::collect();
    let seen = Seen::default();
    let mut config = Config::new("payments");
    config.bootstrap_servers = Brokers::Embedded;
    let service = KafkaService::new(config).state(seen.clone()).start().await.expect("the service starts");
    wait_until(PATIENCE, "the service to be ready", || service.health().ready);
    let client = Client::new(service.bootstrap_servers());
    let send = |topic: &str, kind: &str, payload: serde_json::Value| {
        client.produce(topic, json!({"type": kind, "correlation_id": "c-1", "payload": payload}));
    };
    send("service_commands", "pay", json!({"order": 1, "cents": 100}));
    send("service_commands", "pay", json!({"order": 2, "cents": 0}));
    send("service_events", "payment.pending", json!({}));
    send("service_events", "payment.refused", json!({"order": "3"}));
    send("service_events", "payment.unknown", json!({"order": 4}));

    let expected =
        ["Accepted { order: 1 }", "Pending", "Refused { order: 2, reason: \"nothing to pay\" }"].map(str::to_owned);
    wait_until(PATIENCE, "three outcomes", || if seen.sorted() == expected { Ok(()) } else { Err(seen.sorted()) });
    let dead = client.read_count("service_events-dlq", PATIENCE, 1).remove(0);
    assert_eq!(dead.json()["payload"], json!({"order": "3"}));
    assert_eq!(dead.header(dead_letter::ERROR_CLASS), Some("undecodable-payload"));
    let error = dead.header(dead_letter::ERROR_MESSAGE).unwrap_or_default();
    assert!(
        error.starts_with("invalid payload for `event_enums::Outcome`: `order`: invalid type: string \"3\""),
        "{error}"
    );
    assert!(
        dead.header(dead_letter::HANDLER).is_some_and(|handler| handler.starts_with("`event_enums::see`")),
        "{dead:?}"
    );
    wait_until(PATIENCE, "everything to be committed", || client.lag("payments-group", "service_events") == 0);
    let health = service.health();
    assert_eq!((health.finished, health.dead_lettered, health.skipped), (5, 1, 1));
    service.shutdown().await.expect("a clean shutdown");

    let log = log.text();
    for name in ["payment.accepted", "payment.refused", "payment.pending"] {
        let line = format!("kind=event name=\"{name}\" handler=`event_enums::see` (tests/tests/event_enums.rs:");
        assert!(log.contains(&line), "{log}");
    }
}
