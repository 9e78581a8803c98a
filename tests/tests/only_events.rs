//! A service with event handlers only. A separate program, because it checks the whole log.

use std::time::Duration;

use kafka_service::config::{Brokers, UnknownCommands};
use kafka_service::{Config, Event, KafkaService, MessageContext};
use kafka_service_tests::{Client, Log, wait_until};
use serde::{Deserialize, Serialize};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
struct UserCreated {
    name: String,
}

#[derive(Serialize, Event)]
#[event("mail.sent", key = to)]
struct MailSent {
    to: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_with_only_event_handlers_skips_others_silently() {
    let log = Log::collect();
    let mut config = Config::new("mailer");
    config.bootstrap_servers = Brokers::Embedded;
    config.unknown_commands = UnknownCommands::DeadLetter;
    let service = KafkaService::new(config)
        .on_event("user.created", |_: MessageContext, UserCreated { name }: UserCreated| async {
            MailSent { to: name }
        })
        .start()
        .await
        .expect("the service starts");
    wait_until(PATIENCE, "the service to be ready", || service.health().ready);
    let client = Client::new(service.bootstrap_servers());
    for n in 0..3 {
        client.produce("service_events", json!({"type": format!("other.{n}"), "correlation_id": "c-0", "payload": {}}));
    }
    client.produce(
        "service_events",
        json!({"type": "user.created", "correlation_id": "c-1", "payload": {"name": "Ada"}}),
    );
    let events = client.read_count("service_events", PATIENCE, 5);
    assert!(events.iter().any(|event| event.json()["type"] == "mail.sent" && event.key_text() == Some("Ada")));
    wait_until(PATIENCE, "four events to be skipped, its own too", || service.health().skipped == 4);
    assert_eq!((service.health().finished, service.health().dead_lettered), (1, 0));
    wait_until(PATIENCE, "everything to be committed", || client.lag("mailer-group", "service_events") == 0);
    assert!(!client.topic_exists("service_commands"), "the service has no command handlers");
    service.shutdown().await.expect("a clean shutdown");

    let log = log.text();
    assert!(!log.contains("other.") && !log.contains("WARN") && !log.contains("ERROR"), "{log}");
    assert!(log.contains(r#"kind=event name="user.created" handler=`closure` (tests/tests/only_events.rs:"#), "{log}");
    assert!(log.contains(r#"topics="service_events""#), "{log}");
}
