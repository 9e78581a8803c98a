//! The embedded broker must start fast and accept any client. A separate program, because it measures time.

use std::time::{Duration, Instant};

use kafka_service::config::Brokers;
use kafka_service::{Config, Event, KafkaService, command};
use kafka_service_tests::{Client, Message, wait_until};
use serde::{Deserialize, Serialize};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
struct Greet {
    name: String,
}

#[derive(Serialize, Event)]
#[event("user.greeted")]
struct Greeted {
    greeting: String,
}

#[command("greet")]
async fn greet(Greet { name }: Greet) -> Greeted {
    Greeted { greeting: format!("Hello, {name}!") }
}

fn service() -> KafkaService {
    let mut config = Config::new("embedded");
    config.bootstrap_servers = Brokers::Embedded;
    KafkaService::new(config)
}

/// The time from before the start until the first command was handled.
async fn time_to_first_command() -> Duration {
    let start = Instant::now();
    let service = service().start().await.expect("the service starts");
    // Any other client: this one knows only the address.
    let client = Client::new(service.bootstrap_servers());
    let command = json!({"type": "greet", "correlation_id": "c-1", "payload": {"name": "Ada"}});
    client.produce("service_commands", command);
    wait_until(PATIENCE, "the command to be handled", || service.health().finished == 1);
    let took = start.elapsed();
    let event = &client.read_count("service_events", PATIENCE, 1)[0];
    assert_eq!(event.json()["payload"]["greeting"], "Hello, Ada!");
    service.shutdown().await.expect("a clean shutdown");
    took
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_command_is_handled_within_a_second_of_the_start() {
    let mut took = Vec::new();
    // One success is enough; the machine may be busy.
    for _ in 0..5 {
        took.push(time_to_first_command().await);
        if took.iter().any(|took| *took < Duration::from_secs(1)) {
            return;
        }
    }
    panic!("the first command was never handled within a second: {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_embedded_brokers_in_one_program_are_independent() {
    let services =
        [service().start().await.expect("the service starts"), service().start().await.expect("the service starts")];
    let clients = [0, 1].map(|number| Client::new(services[number].bootstrap_servers()));
    for (client, name) in clients.iter().zip(["Ada", "Bob"]) {
        let command = json!({"type": "greet", "correlation_id": name, "payload": {"name": name}});
        client.produce("service_commands", Message::from(command));
        let events = client.read_count("service_events", PATIENCE, 1);
        assert_eq!((events.len(), &events[0].json()["correlation_id"]), (1, &json!(name)));
    }
    for service in services {
        service.shutdown().await.expect("a clean shutdown");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_broker_ends_with_its_service() {
    let service = service().start().await.expect("the service starts");
    let address = service.bootstrap_servers().to_owned();
    std::net::TcpStream::connect(&address).expect("the broker listens");
    service.shutdown().await.expect("a clean shutdown");
    std::net::TcpStream::connect(&address).expect_err("the broker no longer listens");
}
